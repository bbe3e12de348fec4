"""What people did after it was decided what they are offered: what offers are learned from, and judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from shopkeeper.coupons.assignment import by_chance
from shopkeeper.coupons.linear import Floats
from shopkeeper.coupons.off_policy import LEAST_EFFECTIVE, Log
from shopkeeper.coupons.uplift import Seen
from shopkeeper.data.coupon import Decision
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import TooLittle

WHOLE_BP = 10_000
_MONEY = {EventType.PURCHASE: 1.0, EventType.REFUND: -1.0}


@dataclass(frozen=True, slots=True, eq=False)
class Margins:
    """What a shop keeps of a price."""

    costs: Mapping[str, int]
    """What products cost it, in minor units, where that is known."""
    margin_bp: int | None
    """Of the others."""

    def of(self, log: EventLog, price: Floats, bought: NDArray[np.bool_]) -> Floats:
        """Return what is kept of each row; TooLittle where that is not known of something bought."""
        costs = np.array([self.costs.get(item, np.nan) for item in log.items] + [np.nan])[log.item_idx]
        if self.margin_bp is None:
            if np.isnan(costs[bought]).any():
                raise TooLittle(
                    "What the shop keeps of a price is not known: give the campaign a margin_bp, or each product its "
                    "cost_minor."
                )
            return np.asarray(price - costs, np.float64)
        return np.where(np.isnan(costs), price * self.margin_bp / WHOLE_BP, price - costs)


@dataclass(frozen=True, slots=True, eq=False)
class Aftermath:
    """What came of n people, in the order in which it was first decided about them; money is in minor units."""

    decisions: Sequence[Decision]
    """The first about each."""
    goods: Floats
    """What they bought, before coupons, less what came back."""
    margin: Floats
    """What the shop kept of it, before coupons."""
    cost: Floats
    """What their coupons took off."""
    tenured: NDArray[np.bool_]
    """Had bought before."""

    @classmethod
    def of(
        cls,
        log: EventLog,
        decisions: Sequence[Decision],
        off_minor: Mapping[str, int],
        margins: Margins,
        until: Sequence[datetime],
    ) -> "Aftermath":
        """Return what came after each person's decision, up to a moment of each, and what coupons took off by person.

        `decisions` are one for each person.
        """
        place_of = np.full(len(log.users) + 1, -1)
        users = log.users.indices([one.shopper_id for one in decisions])
        place_of[users[users >= 0]] = np.flatnonzero(users >= 0)
        place = place_of[log.user_idx]
        since, end = (np.array([to_us(at) for at in told], np.int64) for told in ([d.at for d in decisions], until))
        sign = np.zeros(len(EventType))
        for kind, amount in _MONEY.items():
            sign[kind] = amount
        price = np.maximum(log.price_minor, 0).astype(np.float64)
        # Where nobody was decided about, the place is -1, and the row is not looked at.
        is_after = (place >= 0) & (log.at > since[place]) & (log.at <= end[place]) if len(since) else place >= 0
        counted = is_after & (sign[log.type] != 0)
        pieces = log.quantity.astype(np.float64) * sign[log.type]
        n = len(decisions)
        goods, margin = (
            np.bincount(place[counted], (value * pieces)[counted], n)
            for value in (price, margins.of(log, price, counted))
        )
        had = (place >= 0) & ~is_after & (log.type == EventType.PURCHASE)
        had &= log.at <= since[place] if len(since) else False
        return cls(
            decisions,
            np.asarray(goods, np.float64),
            np.asarray(margin, np.float64),
            np.array([off_minor.get(one.shopper_id, 0) for one in decisions], np.float64),
            np.bincount(place[had], minlength=n) > 0,
        )

    @property
    def drawn(self) -> NDArray[np.bool_]:
        """Return about whom chance decided."""
        return np.array([one.arm != "policy" for one in self.decisions], np.bool_)

    def seen(self, names: Sequence[str], x: Floats, offers: Sequence[str]) -> Seen:
        """Return what can be learned from: whom chance gave an offer or none, with what was known then, (n, F).

        TooLittle where they are too few.
        """
        rows = np.flatnonzero(self.drawn)
        place = {offer: k for k, offer in enumerate(offers)}
        own = [self.decisions[row] for row in rows.tolist()]
        # Of an offer that the campaign has no more, nothing is learned.
        known = np.array([one.offer_id is None or one.offer_id in place for one in own], np.bool_)
        rows, own = rows[known], [one for one, is_known in zip(own, known, strict=True) if is_known]
        chance = np.zeros((len(own), len(offers) + 1))
        for row, one in enumerate(own):
            chance[row, -1] = by_chance(len(one.allowed), is_none=True)
            for offer in one.allowed:
                if offer in place:
                    chance[row, place[offer]] = by_chance(len(one.allowed), is_none=False)
        given = np.array([-1 if one.offer_id is None else place[one.offer_id] for one in own], np.int32)
        weight = 1 / chance[np.arange(len(own)), given] if own else np.empty(0)
        effective = float(weight.sum() ** 2 / (weight @ weight)) if own else 0.0
        if effective < LEAST_EFFECTIVE:
            raise TooLittle(
                f"Chance has decided about {len(own):,} people of whom it is known what they did then, who tell as "
                f"much as {effective:.0f}; {LEAST_EFFECTIVE:.0f} are needed: wait until more are decided about."
            )
        return Seen(names, x[rows], given, chance, self.margin[rows], self.cost[rows])

    def log(self, offers: Sequence[str]) -> Log:
        """Return the decisions as another policy is judged by; the last is none."""
        place = {offer: k for k, offer in enumerate(offers)}
        decision = np.array([place.get(one.offer_id or "", len(offers)) for one in self.decisions])
        return Log(decision, np.array([one.probability for one in self.decisions]), self.margin - self.cost)


def firsts(decisions: Sequence[Decision]) -> list[Decision]:
    """Return the first decision about each person."""
    found = dict[str, Decision]()
    for one in decisions:
        found.setdefault(one.shopper_id, one)
    return list(found.values())
