"""Texts that give orders to whoever reads them, instead of describing a product; such a text no language model sees.

This finds what is known. What it does not find meets other walls: a text speaks of its own product only, and what is
answered is checked as if nobody had promised anything.
"""

import re

from shopkeeper.tagging.texts import clean

# Cyrillic and Latin letters that look like others, and digits that are read as letters.
_LOOKALIKES = str.maketrans("аеорсухіѕјԁɡ013457@", "aeopcyxisjdgoieasta")
_SPACED = re.compile(r"(?<!\w)(?:[a-z][ .\-_]){4,}[a-z](?!\w)")
_ABOVE = r"(?:previous|prior|above|earlier|preceding|foregoing|former|other|system|your|these|those|all|any|every)"
_RULES = (
    r"(?:instructions?|prompts?|rules?|directions?|guidelines?|orders|commands?|constraints|context"
    r"|messages?|schema|options)"
)
_ORDERS = (
    rf"\b(?:ignore|disregard|forget|override|bypass|skip|discard|drop"
    rf"|neglect)\b.{{0,40}}\b{_ABOVE}\b.{{0,40}}\b{_RULES}\b",
    rf"\b(?:ignore|disregard|forget|override)\b.{{0,20}}\b(?:everything|anything|{_RULES})\b",
    rf"\b(?:do not|don't|stop|never|no longer)\b.{{0,20}}\b(?:follow|obey|following|obeying)\b.{{0,30}}\b{_RULES}\b",
    rf"\b(?:new|updated|real|actual|following|secret|hidden)\s+(?:system\s+)?{_RULES}\s*[:\-]",
    r"\b(?:system|developer)\s+(?:prompt|message|override|note|update|instructions?)\b",
    r"(?:^|[\])>|.!?]\s*)(?:system|assistant|user|human|developer)\s*:\s*\S",
    r"<\|?/?\s*(?:im_start|im_end|system|assistant|user|endoftext|product|instructions?|prompt|begin_of_text|eot_id)",
    r"\[/?(?:inst|system|sys|assistant|user)\]|<<\s*/?sys\s*>>",
    r"#{2,}\s*(?:instruction|system|response|assistant|new task|task|end of)",
    r"\b(?:you are|you're|act as|pretend to be|pretend you|roleplay as|behave as)\s+(?:now\s+)?(?:an?\s+|the\s+|my\s+)?"
    r"(?:ai|assistant|chatgpt|gpt|dan|language model|llm|admin\w*|root|developer|classifier|model|bot"
    r"|free|unrestricted|tagger)",
    r"\b(?:as|dear|attention|hey|note to|message (?:to|for))\s+(?:an?\s+|the\s+)?(?:ai|llm|language model"
    r"|assistant|classifier|tagger|chatbot|gpt)\b",
    r"\b(?:answer|respond|reply|output)\b.{0,30}\b(?:only|with|exactly|json|this|the following)\b.{0,40}[\"'{:]",
    r"\b(?:return|print|write|emit)\b\s*(?:only|exactly|json|the following)?\s*[\"'{]",
    r"[{\[]\s*[\"'](?:category|brand|colou?r|material|role|content|tags?|attributes?|tool|function|answer"
    r"|options)[\"']\s*:",
    r"\b(?:file|put|place|tag|classify|categori[sz]e|label|mark|move|assign|set|change)\b.{0,30}\b(?:all"
    r"|every|each|any|other|next|this)\b"
    r".{0,20}\b(?:products?|items?|listings?|categor(?:y|ies)|brands?)\b.{0,20}\b(?:as|under|in|into|to|is|are|=)\b",
    r"\b(?:the )?(?:correct|right|true|only valid|final) (?:answer|category|brand|output|label) (?:is|must be|:)",
    r"\b(?:category|brand|colou?r|material)\s+(?:must|shall|has to)\s+be\b",
    r"\b(?:reveal|show|print|repeat|leak|tell me|send)\b.{0,30}\b(?:prompt|instructions|api[ _-]?key"
    r"|secret|password|credentials)\b",
    r"\b(?:end|begin|start) of (?:product|data|input|text|user|untrusted|system)\b.{0,20}(?:\]|-|=|:|$|\.)",
    r"\b(?:jailbreak|prompt injection|dan mode|developer mode|sudo)\b",
    r"(?:忽略|无视|忘记|忘掉|不要理会|不用理会|不要遵守|跳过|绕过|覆盖|抛开|作废|別理|无需遵守).{0,12}(?:指令|指示|提示|规则|要求|命令|设定|说明|内容|约束|限制)",
    r"(?:以上|之前|上述|前面|先前|上面).{0,8}(?:指令|指示|提示词?|规则|要求|命令|设定).{0,8}(?:无效|作废|忽略|取消|失效|不算|错误)",
    r"(?:系统|开发者|管理员)(?:提示|指令|消息|命令|覆盖|更新|通知)",
    r"(?:新的?|真正的?|最新|隐藏)(?:系统)?(?:指令|指示|命令|任务|规则)\s*[:,，是]",
    r"(?:^|[。.\]】)>!?]\s*)(?:助手|用户|管理员|开发者)\s*:\s*\S",
    r"系统\s*:\s*.{0,10}(?:覆盖|忽略|无视|你|请|必须|指令|规则)",
    r"(?:你现在是|你是一个|假装你?是|扮演|从现在起你|从现在开始,?你|作为(?:一个)?(?:ai|人工智能|语言模型|助手))",
    r"(?:请|必须|务必|一律|直接|只|仅|只能)?(?:把|将).{0,12}(?:所有|全部|其他|每个|本|这个|该|此)?(?:商品|产品|类目|分类|品牌).{0,8}(?:归|分|标|改"
    r"|设|填|放|移)(?:类|到|为|成|入|在|进|记)",
    r"(?:只|仅|直接|必须|务必|请)(?:输出|回答|返回|回复|填写)",
    r"(?:输出|返回|回答|回复)(?:以下|如下|下面)",
    r"(?:正确|唯一|最终|标准)(?:的)?(?:答案|类目|分类|品牌|输出|结果)(?:是|为|应|必须|:)",
    r"(?:类目|分类|品牌|颜色|材质)(?:必须|一定要|应当|应该|务必)(?:是|为|填|选)?",
    r"(?:泄露|显示|告诉我|打印|重复|输出).{0,10}(?:提示词|系统提示|密钥|密码|指令)",
    r"(?:商品|产品|数据|文本|输入)(?:信息|内容|描述|文本)?(?:到此)?结束",
    r"(?:越狱|提示词?注入|开发者模式)",
)
_ANY = re.compile("|".join(f"(?:{order})" for order in _ORDERS), re.IGNORECASE)


def gives_orders(text: str) -> bool:
    """Tell whether a text speaks to its reader as nothing that describes a product does."""
    plain = clean(text).casefold().translate(_LOOKALIKES)
    plain = _SPACED.sub(lambda run: re.sub(r"[ .\-_]", "", run[0]), plain)
    return _ANY.search(plain) is not None
