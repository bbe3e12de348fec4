"""A decision is what chance or the price says, with all that is logged; who opted out gets what is open to all."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from shopkeeper.coupons.assignment import Lottery
from shopkeeper.coupons.budget import Limits, Prices, plan
from shopkeeper.coupons.deciding import UNIT, Decider, limits_of, units
from shopkeeper.coupons.gate import Verdict
from shopkeeper.coupons.qini import Interval
from shopkeeper.coupons.uplift import OfferUplift, Uplift
from shopkeeper.data.coupon import Campaign, Offer
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.errors import InvalidInput, UnknownName

PEOPLE = [f"p{number}" for number in range(3000)]
X = np.array([1.0])
CAMPAIGN = Campaign(
    campaign_id="spring",
    currency="EUR",
    offers=(Offer(offer_id="a", kind="percent", percent_bp=1000),),
    starts_at=datetime(2026, 1, 1, tzinfo=UTC),
    ends_at=datetime(2026, 2, 1, tzinfo=UTC),
    budget_minor=700,
)


def decider(price: float = 0.0) -> Decider:
    """Return one of two offers that bring 30 and 50 for a cost of 10 and 40, and a third whose effect is unknown."""
    offers = tuple(
        OfferUplift(Verdict("all", f"all get {gain}", 0.5, Interval(gain, gain, gain)), cost)
        for gain, cost in ((30.0, 10.0), (50.0, 40.0))
    )
    uplift = Uplift(Vocabulary(["spent"]), Vocabulary(["a", "b", "new"]), (*offers, OfferUplift(Verdict("none", "?"))))
    return Decider(Lottery(b"k" * 16, "spring"), uplift, Prices(np.full(3, price / 1000)), ("free shipping",))


def test_the_policy_takes_what_gains_most_at_the_price() -> None:
    # Gains less cost at prices of 0, 1 and 4: a 30, 20, -10; b 50, 10, -110.
    assert [decider(price).chosen(X, ["a", "b", "new"]) for price in (0.0, 1.0, 4.0)] == ["b", "a", None]
    assert decider().chosen(X, ["a", "new"]) == "a"
    assert decider().chosen(X, []) is None


def test_nobody_gets_what_is_dearer_than_one_person_may_cost() -> None:
    dear = decider()
    each = replace(
        dear, prices=Prices(dear.prices.of_offer, limits_of(replace(CAMPAIGN, most_each_minor=39), 0).most_each)
    )
    assert (dear.chosen(X, ["a", "b"]), each.chosen(X, ["a", "b"]), each.chosen(X, ["b"])) == ("b", "a", None)


def test_a_campaign_says_what_its_plan_must_keep_to() -> None:
    told = limits_of(replace(CAMPAIGN, most_each_minor=250, least_return_bp=20_000), 700)
    assert (told.money, told.most_each, told.least_return * UNIT) == (700_000, 250_000, 2.0)
    assert limits_of(CAMPAIGN, 700) == Limits(money=700_000)
    # 60 people bring 3 for each 1 that they take off, 40 bring 1: twice is reached by all of the first and some others.
    gain = np.array([[30.0]] * 60 + [[10.0]] * 40)
    found = plan(gain, units(np.full((100, 1), 10.0)), limits_of(replace(CAMPAIGN, least_return_bp=26_000), 10_000))
    assert found.gain >= 2.6 * found.spent / UNIT
    assert 600 < found.spent / UNIT < 1000


def test_every_arm_gets_its_own_and_says_why() -> None:
    told = [decider(1.0).decide(person, X, ["a", "b", "new"]) for person in PEOPLE]
    by_arm = {arm: Counter(one.offer for one in told if one.arm == arm) for arm in ("never", "explore", "policy")}
    assert set(by_arm["never"]) == {None}
    assert set(by_arm["explore"]) == {None, "a", "b", "new"}
    assert set(by_arm["policy"]) == {"a"}
    assert {one.why for one in told if one.arm == "policy"} == {"all get 30.0"}
    assert all("Drawn by chance" in one.why for one in told if one.arm != "policy")
    assert next(one.probability for one in told if one.offer == "a") == pytest.approx(0.87 + 0.02)
    assert {one.open_to_all for one in told} == {("free shipping",)}


def test_nobody_gets_what_is_not_allowed_or_not_worth_it() -> None:
    told = [decider(4.0).decide(person, X, ["b"]) for person in PEOPLE]
    assert {one.offer for one in told} == {None, "b"}
    assert {one.offer for one in told if one.arm == "policy"} == {None}
    assert "price of the budget" in next(one.why for one in told if one.arm == "policy")


def test_who_opted_out_gets_the_public_offers_and_is_not_logged() -> None:
    for person in PEOPLE[:300]:
        told = decider().decide(person, X, ["a", "b"], opted_out=True)
        assert (told.offer, told.open_to_all, told.arm, told.probability) == (None, ("free shipping",), None, None)


def test_the_same_question_has_the_same_answer() -> None:
    for person in PEOPLE[:300]:
        assert decider().decide(person, X, ["a", "b"]) == decider().decide(person, X, ["a", "b"])


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(UnknownName, match="'c'"):
        decider().decide("p", X, ["a", "c"])
    with pytest.raises(InvalidInput, match="2 prices are given for 3"):
        replace(decider(), prices=Prices(np.zeros(2)))
