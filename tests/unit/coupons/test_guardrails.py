"""What must not decide is refused by every name it has; prices, loyalty and public offers are watched."""

import numpy as np
import pytest

from shopkeeper.coupons.forbidden import SIGNS, WORDS, check_features, forbidden
from shopkeeper.coupons.guardrails import (
    DISCLOSURE,
    Access,
    check_lowers,
    check_reachable,
    loyalty_penalty,
    unreachable,
)
from shopkeeper.kit.errors import InvalidInput, TooLittle
from shopkeeper.prediction.features import NAMES


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("age", "age"),
        ("customerAge", "age"),
        ("AGE_BAND", "age"),
        ("year of birth", "age"),
        ("is_senior", "age"),
        ("用户年龄段", "age"),
        ("Gender", "sex"),
        ("gendr", "sex"),
        ("is-female", "sex"),
        ("会员性别", "sex"),
        ("ethnicty", "ethnicity"),
        ("mother_nationality", "ethnicity"),
        ("民族", "ethnicity"),
        ("days since a prescription", "health"),
        ("hasDiabetes", "health"),
        ("病史长度", "health"),
        ("zip_code", "exact place"),
        ("homeLatitude", "exact place"),
        ("ip", "exact place"),
        ("收货地址", "exact place"),
        ("device price", "price of the device"),
        ("deviceModel", "price of the device"),
        ("is_iphone", "price of the device"),
        ("手机型号", "price of the device"),
    ],
)
def test_forbidden_facts_are_refused_by_their_names(name: str, kind: str) -> None:
    assert forbidden(name) == kind
    with pytest.raises(InvalidInput, match=f"\\({kind}\\)"):
        check_features(["spent", name])


@pytest.mark.parametrize(
    "name",
    [
        *NAMES,
        "pages",
        "page views",
        "usage",
        "average price",
        "account_age",
        "cart age",
        "sender",
        "device_type",
        "mean",
    ],
)
def test_what_a_shop_may_use_is_not_mistaken(name: str) -> None:
    assert forbidden(name) is None


def test_every_kind_has_words_in_both_languages() -> None:
    assert WORDS.keys() == SIGNS.keys()
    for kind, words in WORDS.items():
        assert {forbidden(word) for word in words.split()} == {kind}
        assert {forbidden(sign) for sign in SIGNS[kind].split()} == {kind}


def test_a_coupon_only_lowers_a_price() -> None:
    check_lowers(100, 0)
    check_lowers(100, 100)
    for offered in (101, -1):
        with pytest.raises(InvalidInput, match="only lowers"):
            check_lowers(100, offered)


def test_who_is_loyal_pays_no_more() -> None:
    rng = np.random.default_rng(0)
    public, tenured = rng.integers(500, 5000, 20_000), rng.random(20_000) < 0.5
    same = loyalty_penalty(public, public * 9 // 10, tenured)
    assert same.more.value == pytest.approx(0, abs=0.001)
    assert not same.alert
    # New ones get a tenth off, tenured ones 7 hundredths: .93 / .90 of what new ones pay.
    dearer = loyalty_penalty(public, np.where(tenured, public * 93 // 100, public * 9 // 10), tenured)
    assert dearer.more.value == pytest.approx(0.93 / 0.9 - 1, abs=0.001)
    assert dearer.alert
    assert "+3.3 %" in str(dearer)
    assert not loyalty_penalty(public, np.where(tenured, public * 9 // 10, public), tenured).alert


def test_the_interval_says_when_chance_may_be_the_reason() -> None:
    inside = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        public, tenured = rng.integers(500, 5000, 300), rng.random(300) < 0.5
        paid = (public * rng.choice([1.0, 0.8], 300)).astype(np.int64)
        found = loyalty_penalty(public, paid, tenured).more
        inside += found.low <= 0 <= found.high
    assert 88 <= inside <= 100


def test_prices_that_cannot_be_compared_are_refused() -> None:
    public, tenured = np.full(100, 100), np.arange(100) % 2 == 0
    with pytest.raises(InvalidInput, match="Line 3: 101"):
        loyalty_penalty(public, np.where(np.arange(100) == 3, 101, 100), tenured)
    with pytest.raises(TooLittle, match="30 lines"):
        loyalty_penalty(public, public, np.arange(100) < 5)
    with pytest.raises(TooLittle, match="Nothing was paid"):
        loyalty_penalty(public, np.where(tenured, 0, 100), tenured)


def test_every_family_of_offers_has_one_for_everybody() -> None:
    offers = [Access("shipping", True), Access("shipping", False), Access("percent", False)]
    assert unreachable(offers) == ["percent"]
    with pytest.raises(InvalidInput, match="Nobody gets percent"):
        check_reachable(offers)
    check_reachable([*offers, Access("percent", True)])


def test_people_are_told_in_both_languages() -> None:
    assert set(DISCLOSURE) == {"en", "zh"}
    for word in ("chance", "Age, sex, ethnicity, health", "turn this off"):
        assert word in DISCLOSURE["en"]
    for sign in ("随机", "年龄、性别、民族、健康状况", "随时关闭"):
        assert sign in DISCLOSURE["zh"]
