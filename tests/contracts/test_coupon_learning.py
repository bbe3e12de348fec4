"""What is learned of a campaign, from decisions that were logged and what people did then, and what it earned."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop
from shopkeeper.app.worker import jobs_of
from shopkeeper.cli.coupons import learner_of
from shopkeeper.cli.simulated import CAMPAIGN, START, Crowd, SimulatedClock, campaign_day
from shopkeeper.coupons.aftermath import Aftermath, Margins, firsts
from shopkeeper.coupons.gate import Verdict
from shopkeeper.coupons.policy import Policy
from shopkeeper.coupons.qini import Interval
from shopkeeper.coupons.uplift import OfferUplift, Uplift
from shopkeeper.data.coupon import Budget, Decision
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import ignore
from shopkeeper.kit.errors import NotFitted, NotFound, TooLittle
from shopkeeper.kit.money import Money
from shopkeeper.ports import Job
from shopkeeper.ports.coupons import Taking
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.features import NAMES
from shopkeeper.prediction.people import known_of
from shopkeeper.services.coupons.asking import campaign_of
from shopkeeper.services.coupons.contract import DecideFor, DecideRequest
from shopkeeper.services.coupons.learning import Known, paced, trial_of
from tests.contracts.conftest import memory_shop

pytestmark = pytest.mark.anyio
WINDOW = timedelta(days=7)
AS_DECIDED = START + timedelta(hours=1)


def decision(who: str, offer: str | None, arm: str = "explore", at: datetime = AS_DECIDED) -> Decision:
    told = Decision(
        decision_id=f"d-{who}",
        campaign_id="simulated",
        shopper_id=who,
        offer_id=offer,
        arm="explore",
        probability=0.5,
        at=at,
        allowed=("fifth",),
        version="1-0",
    )
    return replace(told, arm=arm)  # type: ignore[arg-type]  # one of the arms


def bought(who: str, at: datetime, kind: EventType = EventType.PURCHASE, price: int = 1000) -> Event:
    return Event(
        event_id=f"{who}-{at}-{kind}", type=kind, at=at, visitor_id=who, item_id="tea", price=Money(price, "EUR")
    )


def crowd_log(*, after: timedelta, extra: Sequence[Event] = ()) -> EventLog:
    """Return what 600 people did: a view before they were decided about, and a purchase some time after."""
    events = [bought(f"p{n}", START, EventType.VIEW) for n in range(600)]
    events += [bought(f"p{n}", AS_DECIDED + after, price=1000 + n) for n in range(600)]
    return EventLog.of([*events, *extra])


def known() -> Known:
    """Return 600 people of whom chance gave every other the offer."""
    decisions = [decision(f"p{n}", "fifth" if n % 2 else None) for n in range(600)]
    budget = Budget(campaign_id="simulated", version=1, budget_minor=100_000)
    return Known(campaign_of(CAMPAIGN), budget, decisions, {}, {"p1": 200}, {})


def test_features_know_nothing_of_what_came_after_the_decision() -> None:
    now = AS_DECIDED + WINDOW
    early = trial_of(known(), Behaviour.of(crowd_log(after=timedelta(hours=1)), {}), now)
    much = [bought(f"p{n}", AS_DECIDED + timedelta(seconds=1), EventType.VIEW) for n in range(600)]
    late = trial_of(known(), Behaviour.of(crowd_log(after=timedelta(days=6), extra=much), {}), now)
    assert np.array_equal(early.x, late.x, equal_nan=True)
    before = [bought(f"p{n}", AS_DECIDED, EventType.VIEW) for n in range(600)]
    other = trial_of(known(), Behaviour.of(crowd_log(after=timedelta(days=6), extra=before), {}), now)
    assert not np.array_equal(early.x, other.x, equal_nan=True)


def test_what_came_is_counted_in_the_window_and_nowhere_else() -> None:
    own = [decision("p1", "fifth"), decision("p2", None)]
    until = [AS_DECIDED + WINDOW] * 2
    events = [
        bought("p1", AS_DECIDED),
        bought("p1", AS_DECIDED + timedelta(seconds=1), price=500),
        bought("p1", AS_DECIDED + WINDOW, price=300),
        bought("p1", AS_DECIDED + WINDOW, EventType.REFUND, price=100),
        bought("p1", AS_DECIDED + WINDOW + timedelta(seconds=1), price=5000),
        bought("other", AS_DECIDED + timedelta(days=1), price=7000),
    ]
    came = Aftermath.of(EventLog.of(events), own, {"p1": 60}, Margins({}, 4000), until)
    assert (came.goods.tolist(), came.margin.tolist(), came.cost.tolist()) == ([700.0, 0.0], [280.0, 0.0], [60.0, 0.0])
    assert came.tenured.tolist() == [True, False]
    costly = Aftermath.of(EventLog.of(events), own, {}, Margins({"tea": 90}, None), until)
    assert costly.margin.tolist() == [410.0 + 210.0 - 10.0, 0.0]
    with pytest.raises(TooLittle, match="give the campaign a margin_bp"):
        Aftermath.of(EventLog.of(events), own, {}, Margins({}, None), until)


def test_of_a_person_the_first_decision_counts() -> None:
    later = decision("p1", None, at=START + timedelta(days=1))
    assert [one.offer_id for one in firsts([decision("p1", "fifth"), decision("p2", None), later])] == ["fifth", None]


def test_who_did_nothing_is_not_known() -> None:
    x = known_of(Behaviour.of(EventLog.of([bought("p1", START)]), {}), ["p1", "nobody"], [AS_DECIDED] * 2)
    assert (np.isnan(x[1]).all(), np.isnan(x[0]).all()) == (True, False)


async def test_under_200_effective_decisions_nothing_is_learned(tmp_path: Path) -> None:
    shop, clock = memory_shop(tmp_path), SimulatedClock()
    coupons, learner = services_of(shop, Settings(), clock=clock).coupons, learner_of(shop, clock)
    with pytest.raises(NotFound, match="no campaign 'simulated'"):
        learner.learn("simulated", learner.behaviour())
    await coupons.create(CAMPAIGN)
    await coupons.decide(DecideRequest(people=[DecideFor(shopper_id=f"p{n}") for n in range(900)]))
    clock.now += WINDOW
    with pytest.raises(TooLittle, match="200 are needed: wait until more are decided about"):
        learner.learn("simulated", learner.behaviour())
    with pytest.raises(TooLittle, match="200 are needed"):
        shop.policies.load("simulated")
    with pytest.raises(NotFitted, match="shopkeeper coupons learn autumn"):
        shop.policies.load("autumn")
    assert "200 on" in learner.tell("simulated", learner.behaviour()).text


@pytest.mark.parametrize(("budget_minor", "is_dear"), [(20_000, True), (20_000_000, False)])
def test_the_price_follows_what_was_redeemed(budget_minor: int, is_dear: bool) -> None:
    now = AS_DECIDED + timedelta(hours=12)
    own = OfferUplift(Verdict("all", "all get it", 0.5, Interval(50.0, 40.0, 60.0)), 100.0)
    uplift = Uplift(Vocabulary(NAMES), Vocabulary(["fifth"]), (own,))
    policy = Policy("1", START, START, uplift, 0.0)
    told = [replace(decision(f"p{n}", "fifth", "policy"), expected_minor=100.0) for n in range(300)]
    taken = {one.decision_id: Taking(200, AS_DECIDED + timedelta(hours=1), settled=True) for one in told[:50]}
    budget = Budget(campaign_id="simulated", version=1, budget_minor=budget_minor, spent_minor=10_000)
    one = replace(known(), decisions=told, taken=taken, budget=budget)
    moved = paced(one, policy, Behaviour.of(crowd_log(after=WINDOW), {}), now, 0.0)
    assert (moved.version, moved.moved_at, moved.came) == ("1", now, 10_000_000)
    assert (moved.price * 100_000 >= 50) == is_dear


def campaigns(shop: Shop, clock: SimulatedClock) -> Job:
    return next(job for job in jobs_of(shop, Settings(), clock=clock) if job.name == "campaigns")


async def test_the_worker_learns_prices_and_tells(tmp_path: Path) -> None:
    clock, rng = SimulatedClock(), np.random.default_rng(1)
    with closing(memory_shop(tmp_path)) as shop:
        coupons = services_of(shop, Settings(), clock=clock).coupons
        await coupons.create(CAMPAIGN)
        assert campaigns(shop, clock).run(ignore) == ""
        people = [f"simulated-{n}" for n in range(16_000)]
        rows = np.random.default_rng(0).random(16_000) < 0.5
        crowd = Crowd(people, rows.tolist())
        shop.live.append(crowd.past(START, rng))
        await campaign_day(crowd, coupons, shop, clock, rng)
        clock.now = START + timedelta(days=10)
        assert campaigns(shop, clock).run(ignore).startswith("simulated learned 2026")
        assert campaigns(shop, clock).run(ignore) == ""
        policy = shop.policies.load("simulated")
        verdict = policy.uplift.of_offer[0].verdict
        assert (verdict.policy, verdict.p is not None and verdict.p < 0.05) == ("targeted", True)
        names = people[:800]
        told = (await coupons.decide(DecideRequest(people=[DecideFor(shopper_id=name) for name in names]))).decisions
        given = [one.offer_id == "fifth" for one in told if one.arm == "policy"]
        moved = [for_bargains for one, for_bargains in zip(told, rows.tolist(), strict=False) if one.arm == "policy"]
        assert np.mean(np.array(given) == np.array(moved)) > 0.8
        clock.now += timedelta(hours=2)
        assert campaigns(shop, clock).run(ignore).startswith("simulated priced at")
        report = (await coupons.report("simulated")).earned
    assert report is not None
    assert report.as_of == clock.now
    assert report.against is not None
    assert report.against.profit.low <= report.against.profit.value <= report.against.profit.high
    assert [one.policy for one in report.policies] == ["nobody", "fifth", "learned"]
    dr = {one.policy: one.dr.value for one in report.policies if one.dr}
    assert dr["learned"] > max(dr["nobody"], dr["fifth"])
    assert set(report.pictures) == {"spending", "qini-fifth"}
    assert all(picture.startswith("<svg") for picture in report.pictures.values())
