"""What may never decide who gets a coupon: refused by name, by words that mean nearly the same, and in Chinese."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import pairwise

from shopkeeper.kit.errors import InvalidInput

WORDS: Mapping[str, str] = {
    "age": "age ages aged birth birthday birthdate birthyear born dob generation senior seniors elderly teen teenager "
    "adult child pensioner retiree millennial boomer youth",
    "sex": "sex sexes gender male female man woman boy girl husband wife pregnant pregnancy maternity transgender "
    "nonbinary orientation lgbt lgbtq gay lesbian salutation mr mrs ms",
    "ethnicity": "ethnicity ethnic race racial nationality nation citizenship religion religious faith church mosque "
    "muslim christian jewish skin migrant immigrant caste tribe minority surname ancestry",
    "health": "health healthy disease illness diagnosis diagnoses medical medication medicine prescription pharmacy "
    "drug patient disability disabled handicap symptom therapy diabetes cancer hiv depression hospital",
    "exact place": "address street postcode postal zip zipcode latitude longitude lat lon lng gps geo geohash "
    "geolocation coordinate coordinates location neighbourhood neighborhood district ip ipv cell_tower",
    "price of the device": "handset iphone ipad macbook device_price device_cost device_value device_model "
    "device_brand phone_price phone_value phone_model phone_brand hardware_model user_agent useragent "
    "screen_resolution",
}
"""Of each kind, words of feature names; where two are joined, both must stand next to each other."""
SIGNS: Mapping[str, str] = {
    "age": "年龄 年纪 岁数 生日 出生 未成年 老年 老人 青年 少年 儿童 学生 属相 生肖 世代 年代出生",
    "sex": "性别 男性 女性 男女 男士 女士 男生 女生 先生 怀孕 孕妇 孕期 性取向 称谓",
    "ethnicity": "民族 种族 族裔 族群 国籍 籍贯 宗教 信仰 肤色 移民 少数族 姓氏",
    "health": "健康 疾病 病史 病症 患者 诊断 医疗 药品 用药 处方 残疾 症状 体检 医院 医保",
    "exact place": "地址 住址 街道 邮编 邮政编码 经度 纬度 经纬 坐标 定位 位置 小区 地理 网络地址",
    "price of the device": "设备价格 手机价格 设备型号 手机型号 机型 设备品牌 手机品牌 苹果手机 屏幕分辨率",
}
_OF_THINGS = frozenset("account basket cart catalog coupon event item list order page product session shop".split())
"""What may have an age of its own."""
_NEAR, _LONG = 0.9, 5
"""How alike a misspelt word must be to one of at least so many letters."""


def forbidden(name: str) -> str | None:
    """Return which kind of forbidden fact the name of a feature speaks of, None for none."""
    for kind, signs in SIGNS.items():
        if any(sign in name for sign in signs.split()):
            return kind
    # Words, however they are joined: customer_age, customerAge, "age of the customer", AGE2.
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    words = re.findall("[a-z]+", spaced.lower())
    told = [word for k, word in enumerate(words) if word != "age" or not _OF_THINGS & set(words[max(0, k - 1) : k])]
    pairs = [f"{first}_{second}" for first, second in pairwise(words)]
    for kind, known in WORDS.items():
        listed = known.split()
        if set(listed) & {*told, *pairs} or any(_misspelt(word, listed) for word in told):
            return kind
    return None


def check_features(names: Iterable[str]) -> None:
    """Raise InvalidInput where a feature may not decide about coupons, and say which and why."""
    found = [f"{name!r} ({kind})" for name in names if (kind := forbidden(name))]
    if found:
        raise InvalidInput(
            f"Who gets a coupon must not depend on {', '.join(found)}: leave it out. A word that was mistaken can be "
            "renamed to what it means."
        )


def _misspelt(word: str, known: list[str]) -> bool:
    long = [entry for entry in known if len(entry) >= _LONG]
    return len(word) >= _LONG and bool(get_close_matches(word, long, n=1, cutoff=_NEAR))
