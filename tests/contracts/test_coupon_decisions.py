"""Decisions about coupons where something was learned, and where the budget runs out."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, open_shop
from shopkeeper.coupons.gate import Verdict
from shopkeeper.coupons.policy import Policy
from shopkeeper.coupons.qini import Interval
from shopkeeper.coupons.uplift import OfferUplift, Uplift
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.prediction.features import NAMES
from shopkeeper.services.coupons.contract import Coupons, DecideFor, DecideRequest, IssueRequest, IssueTo, RedeemRequest
from shopkeeper.testing.contract_suite import NOW
from shopkeeper.testing.coupons_suite import CART, PUBLIC, TENTH, campaign
from tests.contracts.conftest import clock, memory_shop

pytestmark = pytest.mark.anyio
PEOPLE = [DecideFor(shopper_id=f"p{n}") for n in range(200)]


def coupons_of(shop: Shop) -> Coupons:
    return services_of(shop, Settings(), clock=clock).coupons


def to_all(cost: float, version: str = "1") -> Policy:
    """Return one that gives everybody an offer which costs so much and brings 50."""
    own = OfferUplift(Verdict("all", "all get it", 0.5, Interval(50.0, 40.0, 60.0)), cost)
    return Policy(version, NOW, NOW, Uplift(Vocabulary(NAMES), Vocabulary(["tenth"]), (own,)), 0.0)


@pytest.fixture(params=["memory", "sqlite"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    return memory_shop(tmp_path) if request.param == "memory" else open_shop(tmp_path)


async def test_a_budget_that_runs_out_in_a_batch_ends_the_offers_there(shop: Shop) -> None:
    with closing(shop):
        coupons = coupons_of(shop)
        await coupons.create(campaign("spring", TENTH, PUBLIC, budget_minor=1050))
        shop.policies.save("spring", to_all(100.0))
        told = (await coupons.decide(DecideRequest(people=PEOPLE, campaign_id="spring"))).decisions
        given = [place for place, one in enumerate(told) if one.offer_id]
        logged, _ = shop.coupons.decisions("spring")
        assert len(given) == 10
        assert all("less than any offer" in one.why for one in told[given[-1] + 1 :])
        assert len(logged) == given[-1] + 1
        assert shop.coupons.promised_minor("spring", NOW) == 1000
        later = (await coupons.decide(DecideRequest(people=[DecideFor(shopper_id="late")]))).decisions
        assert (later[0].offer_id, later[0].decision_id) == (None, None)
        # What is used is told by the budget, and promised no more.
        first = told[given[0]]
        people = [IssueTo(shopper_id=first.shopper_id, decision_id=first.decision_id)]
        issued = await coupons.issue(IssueRequest(campaign_id="spring", offer_id="tenth", people=people))
        code = issued.coupons[0].code
        await coupons.redeem(RedeemRequest(order_id="1", codes=[code], cart=CART, shopper_id=first.shopper_id))
        assert shop.coupons.promised_minor("spring", NOW) == 900
        taken = shop.coupons.taken("spring")
        assert [(one.off_minor, one.redeemed_at, one.settled) for one in taken.values()] == [(200, NOW, True)]


async def test_another_version_decides_anew_and_the_old_decisions_stay(shop: Shop) -> None:
    with closing(shop):
        coupons = coupons_of(shop)
        await coupons.create(campaign("spring", TENTH, PUBLIC))
        wish = DecideRequest(people=PEOPLE)
        before = (await coupons.decide(wish)).decisions
        shop.policies.save("spring", to_all(1.0))
        after = (await coupons.decide(wish)).decisions
        shop.policies.save("spring", replace(to_all(1.0), price=1.0))
        assert (await coupons.decide(wish)).decisions == after
        assert [one.arm for one in before] == [one.arm for one in after]
        assert {one.offer_id for one in after if one.arm == "policy"} == {"tenth"}
        assert {one.why for one in after if one.arm == "policy"} == {"all get it"}
        assert ({one.version for one in before}, {one.version for one in after}) == ({"1-0"}, {"1-1"})
        assert len(shop.coupons.decisions("spring")[0]) == 400


async def test_what_was_learned_is_read_again_as_it_was(tmp_path: Path) -> None:
    shop = memory_shop(tmp_path)
    saved = replace(to_all(3.0), price=0.25, foretold=7.0, came=9.0, people=4000, moved_at=NOW)
    shop.policies.save("spring", saved)
    read = memory_shop(tmp_path).policies.load("spring")
    assert (read.version, read.price, read.foretold, read.came) == ("1", 0.25, 7.0, 9.0)
    assert (read.people, read.moved_at, read.as_of) == (4000, NOW, NOW)
    x = np.zeros((1, len(NAMES)))
    assert [told.tolist() for told in read.uplift.gains_and_costs(x)] == [[[50.0]], [[3.0]]]
