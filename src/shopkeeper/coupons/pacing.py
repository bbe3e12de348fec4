"""Keep a campaign to its plan: what is redeemed and reserved moves the price at which coupons are given.

People act otherwise than foretold, and more or fewer come. So from time to time the price is found anew, among those
who came last: the one at which they would have cost what the plan has for them, at the rate at which coupons lately
cost more or less than was foretold.
"""

from dataclasses import dataclass, field, replace

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

    budget: int
    spent: int
    """By what was redeemed."""
    reserved: int = 0
    """For orders that are being placed."""
    out: float = 0.0
    """What the coupons that are out are expected to take still, as it was foretold."""

    def __post_init__(self) -> None:
        if min(self.budget, self.spent, self.reserved, self.out) < 0:
            raise InvalidInput("What is planned, spent, reserved or expected must be 0 or more.")


@dataclass(frozen=True, slots=True, eq=False)
class Pacer:
    """The price now, and how far costs were from what was foretold."""

    prices: Prices
    foretold: float = 0.0
    """What coupons were expected to have cost by now; older ones count less."""
    came: float = 0.0
    """What they did."""
    limits: Limits = field(default_factory=lambda: Limits(money=0))
    """Of one person and the categories; the money is found each time."""

    def ratio(self, budget: int) -> float:
        """Return how many times what was foretold coupons cost now."""
        doubt = _DOUBT * budget
        ratio = (self.came + doubt) / (self.foretold + doubt) if budget else 1.0
        return float(np.clip(ratio, 1 / _FURTHEST, _FURTHEST))

    def heard(self, foretold: float, came: float, budget: int) -> "Pacer":
        """Return it after some coupons were expected to cost so much by now, and did cost what came."""
        kept = 0.5 ** (foretold / (_REMEMBERED * budget)) if budget else 0.0
        return replace(self, foretold=kept * self.foretold + foretold, came=kept * self.came + came)

    def moved(self, books: Books, ahead: float, gain: Floats, cost: Whole) -> "Pacer":
        """Return it with the price for people like some who came, (n, K) each, given a share of what is left.

        `ahead` is the part of the plan's money from now on that is for so many people; costs are as foretold.
        """
        if not 0 <= ahead <= 1:
            raise InvalidInput(f"A share of {ahead:g} of what is left cannot be spent: give 0 to 1.")
        ratio = self.ratio(books.budget)
        left = books.budget - books.spent - books.reserved - books.out * ratio
        money = int(max(0.0, left * ahead / ratio))
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
