// Every word of the page, and how numbers, money and days are written.

const TEXTS = {
  en: {
    language: "中文", skip: "Skip to the shelf", search: "Search the catalogue", change: "Change shopper",
    welcome: "One shop.\nA shelf for everyone.",
    lead: "Step into the shoes of a customer, or walk in as someone new. Every click counts, and the shelf answers at once.",
    newcomer: "Walk in as someone new", newcomerLead: "No account, no history: see how few clicks it takes.",
    customers: "Customers of this shop", find: "Customer number", open: "Open",
    noCustomers: "No customers yet. Import your shop's history, or walk in as someone new.", noMatch: "Not among the most active. Press Open to look anyway.",
    events: (n) => `${n} ${n === "1" ? "event" : "events"}`,
    you: "New shopper", customer: (id) => `Customer ${id}`,
    shelf: "Chosen for you", shelfOf: (id) => `Chosen for customer ${id}`, shelfNew: "Good to meet you",
    personal: "From everything this shopper has done, up to the last click.",
    popular: "We do not know this shopper yet, so these are the shop’s favourites. Open something, and the shelf starts to listen.",
    empty: "There is nothing left to show.",
    empty: "Nothing to recommend", emptyLead: "The model knows no other product for this shopper.",
    history: "History", noHistory: "Nothing yet. The first click will show up here.",
    results: (q) => `Results for “${q}”`, noResults: "No product has this in its name.", close: "Close",
    looking: "You are looking at", view: "Look at", favorite: "Favour", cart: "Add to cart", purchase: "Buy",
    did: { view: "Viewed", favorite: "Favoured", cart: "In the cart", uncart: "Taken out", purchase: "Bought", refund: "Returned", click: "Clicked", impression: "Shown", search: "Searched", promotion: "Promotion" },
    fresh: "New", up: (n) => `Up ${n}`, today: "Today", yesterday: "Yesterday",
    changed: (n, m) => n || m ? `The shelf answered: ${n} new, ${m} moved.` : "Noted. The shelf stays as it is.",
    locked: "The shop is locked", lockedLead: "Enter a secret key of the shop. It is forgotten when this tab is closed.", key: "Secret key",
    loading: "Loading", notReady: "The shelf is not ready",
    gone: "The shop does not answer. Is the server still running?", failed: "The shop could not do this.", retry: "Try again",
    every: "All categories", only: "Only of this category",
    level: "About this shopper", levels: ["off", "by half", "fully"],
    off: "This shopper wants a shelf that is about nobody: it is what a stranger sees.",
    reviews: "Reviews", skipReview: "Skip to the product", wait: (n) => `${n} to look at`,
    names: { category: "Category", brand: "Brand", colour: "Colour", material: "Material", size: "Size", pack: "Pieces", audience: "For whom", tag: "Tag" },
    saidOf: (name) => name, sure: (share, source) => `${share}, ${source}`,
    sources: { rule: "by a rule", model: "learned from labels", llm: "by a language model", person: "by a person" },
    accept: "Accept", fix: "Fix", nothing: "Nothing fits", skipIt: "Skip", take: "Take it", right: "What is right?",
    accepted: "Accepted.", fixed: "Noted, and learned.", skipped: "Skipped.",
    allDone: "Nothing to look at", allDoneLead: "What is new and unsure will wait here.",
    drift: "People accept fewer tags than they used to: the products or the tree have changed. Fit the taggers again.",
  },
  zh: {
    language: "English", skip: "跳到货架", search: "搜索商品", change: "换一位顾客",
    welcome: "一家店，\n千人千面。",
    lead: "扮成一位老顾客，或以新客身份走进店里。您的每一次点击，货架都会立刻回应。",
    newcomer: "以新顾客身份进店", newcomerLead: "没有账号，没有历史：看看点几下就够了。",
    customers: "本店顾客", find: "顾客编号", open: "打开",
    noCustomers: "还没有顾客。请先导入店铺历史，或以新顾客身份进店。", noMatch: "不在最活跃的顾客之列，仍可直接打开。",
    events: (n) => `${n} 条行为`,
    you: "新顾客", customer: (id) => `顾客 ${id}`,
    shelf: "为您挑选", shelfOf: (id) => `为顾客 ${id} 挑选`, shelfNew: "欢迎光临",
    personal: "依据这位顾客的全部行为，直到最近一次点击。",
    popular: "我们还不了解这位顾客，先看看店里的热门商品。点开一件，货架就会开始回应。",
    empty: "没有可以展示的商品了。",
    empty: "暂无可推荐的商品", emptyLead: "模型没有其他适合这位顾客的商品。",
    history: "历史", noHistory: "还没有记录。第一次点击会出现在这里。",
    results: (q) => `“${q}”的搜索结果`, noResults: "没有名称含此词的商品。", close: "关闭",
    looking: "正在查看", view: "查看", favorite: "收藏", cart: "加入购物车", purchase: "购买",
    did: { view: "看过", favorite: "收藏", cart: "加入购物车", uncart: "移出购物车", purchase: "买过", refund: "退货", click: "点击", impression: "展示", search: "搜索", promotion: "促销" },
    fresh: "新", up: (n) => `升 ${n}`, today: "今天", yesterday: "昨天",
    changed: (n, m) => n || m ? `货架已更新：${n} 件新品，${m} 件换位。` : "已记录，货架保持不变。",
    locked: "店铺已上锁", lockedLead: "请输入本店的密钥。关闭此标签页后即被遗忘。", key: "密钥",
    loading: "加载中", notReady: "货架尚未就绪",
    gone: "店铺没有回应。服务还在运行吗？", failed: "操作没有成功。", retry: "重试",
    every: "全部分类", only: "只看此分类",
    level: "个性化程度", levels: ["关闭", "一半", "全部"],
    off: "这位顾客不要个性化货架：所见与陌生人相同。",
    reviews: "标签审核", skipReview: "跳到商品", wait: (n) => `还有 ${n} 条待审`,
    names: { category: "分类", brand: "品牌", colour: "颜色", material: "材质", size: "尺寸", pack: "件数", audience: "适用人群", tag: "标签" },
    saidOf: (name) => name, sure: (share, source) => `把握 ${share}，${source}`,
    sources: { rule: "来自规则", model: "由已有标签学得", llm: "来自语言模型", person: "由人填写" },
    accept: "采纳", fix: "改正", nothing: "都不对", skipIt: "跳过", take: "就用它", right: "正确的是？",
    accepted: "已采纳。", fixed: "已记录并学习。", skipped: "已跳过。",
    allDone: "没有待审的标签", allDoneLead: "新的、拿不准的标签会出现在这里。",
    drift: "被采纳的标签比以前少了：商品或分类已有变化，请重新训练标签。",
  },
};

// The API's own sentence is English; a kind of reason that is not listed here is shown in its words.
const CHINESE_REASONS = {
  neighbours: ({ people, shared }) => `${number(people)} 位与您至多有 ${number(shared)} 件相同商品的顾客买过`,
  similar: ({ because }) => (because ? `买过“${calm(because)}”的人也常买` : "与您选过的商品相配"),
  again: ({ times }) => `您曾买过 ${number(times)} 次`,
  alike: ({ because }) => (because ? `与您选过的“${calm(because)}”相似` : "与您选过的商品相似"),
  history: () => "根据您的浏览和购买挑选",
  popular: ({ people }) => (people ? `热门：${number(people)} 位顾客买过` : "热门"),
  recent: () => "您最近看过",
  trending: ({ people }) => (people ? `近期热卖：${number(people)} 位顾客买过` : "近期热卖"),
  new: () => "新品",
  chosen: () => "店家推荐",
};

const stored = localStorage.getItem("language");
let language = stored in TEXTS ? stored : navigator.language.startsWith("zh") ? "zh" : "en";

/** Return the text of a key, filled with its arguments. */
export function text(key, ...args) {
  const entry = TEXTS[language][key];
  return typeof entry === "function" ? entry(...args) : entry;
}

export const currentLanguage = () => (language === "zh" ? "zh-Hans" : "en");

export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
}

/** Lower the voice of a title in capitals: RED T-LIGHT SET becomes Red T-light set; sizes such as L stay. */
export function calm(title) {
  if (/\p{Ll}/u.test(title)) return title;
  const low = title.replace(/[\p{L}'’]{2,}|\bA\b/gu, (word) => word.toLowerCase());
  return low.replace(/\p{L}/u, (letter) => letter.toUpperCase());
}

/** Say why a product was recommended. */
export function reason(item) {
  if (language === "zh" && item.reason in CHINESE_REASONS) return CHINESE_REASONS[item.reason](item);
  return item.because ? item.text.replace(item.because, () => calm(item.because)) : item.text;
}

// A reader of British English writes days the British way.
const locale = () => navigator.languages.find((wish) => wish.startsWith(language)) ?? currentLanguage();

export const number = (value) => new Intl.NumberFormat(locale()).format(value);

export const percent = (share) => new Intl.NumberFormat(locale(), { style: "percent" }).format(share);

/** Write minor units of a currency as money; nothing when the price is unknown. */
export function money(minor, currency) {
  if (minor === null || minor === undefined || !currency) return "";
  // ISO 4217's own code for no currency: the amount stands alone.
  if (currency === "XXX") return new Intl.NumberFormat(locale(), { minimumFractionDigits: 2 }).format(minor / 100);
  const format = new Intl.NumberFormat(locale(), { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

export function day(at) {
  const daysAgo = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
  if (daysAgo === 0) return text("today");
  if (daysAgo === 1) return text("yesterday");
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium" }).format(new Date(at));
}
