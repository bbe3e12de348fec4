"""Keep a campaign to its plan: what is redeemed and reserved moves the price at which coupons are given.

People act otherwise than foretold, and more or fewer come. So from time to time the price is found anew, among those
who came last: the one at which they would have cost what the plan has for them, at the rate at which coupons lately
cost more or less than was foretold.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.coupons.budget import Limits, Prices, plan
from shopkeeper.kit.errors import InvalidInput

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_REMEMBERED = 0.03
"""What was foretold of costs counts half after so large a part of the budget was foretold again."""
_DOUBT = 0.01
"""So large a part of the budget, as foretold, is taken as seen before anything is."""
_FURTHEST = 8.0
"""How many times dearer or cheaper than foretold coupons are taken to be at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What the ledger of a campaign says now, in the unit of its plan."""

    spent: int
    """By what was redeemed."""
    reserved: int = 0
    """For orders that are being placed."""
    out: float = 0.0
    """What the coupons that are out are expected to take still, as it was foretold."""

    def __post_init__(self) -> None:
        if min(self.spent, self.reserved, self.out) < 0:
            raise InvalidInput("What is spent, reserved or expected must be 0 or more.")


@dataclass(frozen=True, slots=True, eq=False)
class Pacer:
    """The price now, and how far costs were from what was foretold."""

    prices: Prices
    foretold: float
    """What coupons were expected to have cost by now; older ones count less."""
    came: float
    """What they did."""
    limits: Limits
    """Of one person, the categories and the return; the money is found each time."""

    @classmethod
    def start(cls, prices: Prices, limits: Limits) -> "Pacer":
        """Return it before anything is known: costs are taken to be as foretold, which soon counts little."""
        return cls(prices, _DOUBT * limits.money, _DOUBT * limits.money, limits)

    @property
    def ratio(self) -> float:
        """Return how many times what was foretold coupons cost now."""
        ratio = self.came / self.foretold if self.foretold else 1.0
        return float(np.clip(ratio, 1 / _FURTHEST, _FURTHEST))

    def heard(self, foretold: float, came: float) -> "Pacer":
        """Return it after some coupons were expected to cost so much by now, and did cost what came."""
        whole = self.limits.money
        kept = 0.5 ** (foretold / (_REMEMBERED * whole)) if whole else 0.0
        return replace(self, foretold=kept * self.foretold + foretold, came=kept * self.came + came)

    def moved(self, books: Books, ahead: float, gain: Floats, cost: Whole, drawn: float = 0.0) -> "Pacer":
        """Return it with the price for people like some who came, (n, K) each, given a share of what is left.

        `ahead` is the part of the plan's money from now on that is for so many people, and `drawn` what coupons cost
        that chance gave to others meanwhile; costs are as foretold.
        """
        if not 0 <= ahead <= 1:
            raise InvalidInput(f"A share of {ahead:g} of what is left cannot be spent: give 0 to 1.")
        left = self.limits.money - books.spent - books.reserved - books.out * self.ratio
        money = int(max(0.0, left * ahead / self.ratio - drawn))
        if not len(gain):
            return self
        scaled = replace(self.limits, money=money, by_category=tuple(self._shares(money)))
        return replace(self, prices=plan(gain, cost, scaled).prices)

    def _shares(self, money: int) -> list[int]:
        """Return the categories' budgets, which are those of the limits as parts of its money."""
        whole = self.limits.money
        return [int(money * own / whole) if whole else 0 for own in self.limits.by_category]


@dataclass(frozen=True, slots=True, eq=False)
class Delays:
    """How long people take to redeem: sorted, in any unit."""

    known: Floats

    @classmethod
    def of(cls, delays: Floats) -> "Delays":
        """Return them from what was seen."""
        if not len(delays) or (delays < 0).any():
            raise InvalidInput("The delays of redeemed coupons are needed, each 0 or more.")
        return cls(np.sort(delays))

    def share(self, age: Floats) -> Floats:
        """Return the part of what is ever redeemed that is redeemed by an age."""
        return np.searchsorted(self.known, age, side="right") / len(self.known)
