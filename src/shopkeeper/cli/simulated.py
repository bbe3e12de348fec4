"""Shoppers who do not exist, for the demo: a coupon moves some of them and is a gift to the others.

Nothing about a real shop follows from them. Their curves:

* Six of ten look for bargains: they view much and buy seldom, one of ten without a coupon, seven of ten with one.
* Four of ten are regulars, who have bought before: three of ten buy, with a coupon or without.
* A basket is of 40 to 60 EUR, bought within a week; of a price the shop keeps half.
"""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree

import numpy as np
from numpy.random import Generator
from rich.console import Console

from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, open_shop
from shopkeeper.cli.coupons import learner_of, show
from shopkeeper.coupons.deciding import UNIT
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.money import Money
from shopkeeper.services.coupons.contract import (
    CampaignModel,
    CartIn,
    CartLineIn,
    Coupons,
    DecideFor,
    DecideRequest,
    IssueRequest,
    IssueTo,
    OfferModel,
    RedeemRequest,
)

START = datetime(2026, 3, 2, tzinfo=UTC)
CAMPAIGN = CampaignModel(
    campaign_id="simulated",
    title="A fifth off, for simulated shoppers",
    currency="EUR",
    offers=[
        OfferModel(offer_id="fifth", kind="percent", percent_bp=2000),
        OfferModel(offer_id="twentieth", kind="percent", percent_bp=500, public=True),
    ],
    starts_at=START,
    ends_at=START + timedelta(days=21),
    budget_minor=4_000_000,
    valid_days=7,
    margin_bp=5000,
)
_BARGAINS, _SELDOM, _MOVED, _REGULAR = 0.6, 0.1, 0.7, 0.3
_ONCE = 1000


@dataclass
class SimulatedClock:
    """The time of simulated shoppers."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Return it."""
        return self.now


@dataclass(frozen=True, slots=True)
class Crowd:
    """Simulated shoppers, n of them."""

    names: Sequence[str]
    for_bargains: Sequence[bool]

    @classmethod
    def drawn(cls, first: int, n: int, rng: Generator) -> "Crowd":
        """Draw them."""
        names = [f"simulated-{number}" for number in range(first, first + n)]
        return cls(names, (rng.random(n) < _BARGAINS).tolist())

    def past(self, until: datetime, rng: Generator) -> list[Event]:
        """Return what they had done before."""
        found = []
        for name, for_bargains in zip(self.names, self.for_bargains, strict=True):
            views = int(rng.poisson(6 if for_bargains else 1)) + 1
            kinds = [EventType.VIEW] * views + [EventType.PURCHASE] * (0 if for_bargains else 1)
            for place, kind in enumerate(kinds):
                at = until - timedelta(days=float(rng.uniform(0.1, 60)))
                found.append(_event(name, f"past-{place}", kind, at, 5000))
        return found


def _event(name: str, what: str, kind: EventType, at: datetime, price_minor: int) -> Event:
    return Event(
        event_id=f"{name}-{what}",
        type=kind,
        at=at,
        visitor_id=name,
        user_id=name,
        item_id="basket",
        price=Money(price_minor, "EUR"),
    )


async def campaign_day(crowd: Crowd, coupons: Coupons, shop: Shop, clock: SimulatedClock, rng: Generator) -> int:
    """Let shoppers come, decide about each, and let them do what their curves say; return how many used a coupon."""
    used = 0
    for start in range(0, len(crowd.names), _ONCE):
        names, moved = crowd.names[start : start + _ONCE], crowd.for_bargains[start : start + _ONCE]
        wish = DecideRequest(people=[DecideFor(shopper_id=name) for name in names], campaign_id="simulated")
        decisions = (await coupons.decide(wish)).decisions
        given = [one for one in decisions if one.offer_id]
        people = [IssueTo(shopper_id=one.shopper_id, decision_id=one.decision_id) for one in given]
        codes = dict[str, str]()
        if people:
            issued = await coupons.issue(IssueRequest(campaign_id="simulated", offer_id="fifth", people=people))
            codes = {one.shopper_id: one.code for one in issued.coupons if one.shopper_id}
        decided_at, bought, orders = clock.now, list[Event](), list[RedeemRequest]()
        for name, for_bargains in zip(names, moved, strict=True):
            chance = (_MOVED if name in codes else _SELDOM) if for_bargains else _REGULAR
            if rng.random() >= chance:
                continue
            price = int(rng.integers(4000, 6001))
            at = decided_at + timedelta(days=float(rng.uniform(0.1, 6.9)))
            bought.append(_event(name, f"bought-{decided_at:%j}", EventType.PURCHASE, at, price))
            if name in codes:
                cart = CartIn(currency="EUR", lines=[CartLineIn(item_id="basket", unit_minor=price)])
                orders.append(RedeemRequest(order_id=name, codes=[codes[name]], cart=cart, shopper_id=name))
        if bought:
            await asyncio.to_thread(shop.live.append, bought)
        clock.now = decided_at + timedelta(hours=2)
        answers = await asyncio.gather(*(coupons.redeem(order) for order in orders))
        used += sum(answer.state == "redeemed" for answer in answers)
    return used


def run_campaign(folder: Path, console: Console, first: int = 14_000, then: int = 4_000) -> None:
    """Run a campaign with a budget over simulated shoppers, in a shop of their own, and tell what it earned."""
    if folder.exists():
        rmtree(folder)
    rng, clock = np.random.default_rng(0), SimulatedClock()
    with closing(open_shop(folder)) as shop:
        coupons, learner = services_of(shop, Settings(), clock=clock).coupons, learner_of(shop, clock)
        crowds = [Crowd.drawn(0, first, rng), *(Crowd.drawn(first + k * then, then, rng) for k in range(2))]

        async def come(crowd: Crowd) -> int:
            past = crowd.past(clock.now, rng)
            for start in range(0, len(past), 10_000):
                shop.live.append(past[start : start + 10_000])
            await coupons.create(CAMPAIGN)
            return await campaign_day(crowd, coupons, shop, clock, rng)

        used = asyncio.run(come(crowds[0]))
        console.print(f"{first:,} simulated shoppers came; chance alone decided, and {used:,} used a coupon.")
        clock.now = START + timedelta(days=12)
        policy = learner.learn(CAMPAIGN.campaign_id, learner.behaviour())
        console.print(policy.uplift.why()["fifth"])
        for day, crowd in ((12, crowds[1]), (13, crowds[2])):
            clock.now = START + timedelta(days=day)
            policy = learner.pace(CAMPAIGN.campaign_id, learner.behaviour())
            used = asyncio.run(come(crowd))
            console.print(
                f"{then:,} more came; the policy decided about most, at {policy.price * UNIT:.2f} to be brought for "
                f"each cent; {used:,} used a coupon."
            )
        clock.now = CAMPAIGN.ends_at
        show(learner.tell(CAMPAIGN.campaign_id, learner.behaviour()), CAMPAIGN.campaign_id, folder)
