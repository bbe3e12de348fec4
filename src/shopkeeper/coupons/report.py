"""What a campaign earned, against those who by chance never got a coupon."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.coupons.assignment import NEVER
from shopkeeper.coupons.off_policy import against_holdout, check_shares
from shopkeeper.coupons.qini import Floats, Interval
from shopkeeper.coupons.sequential import running_effect
from shopkeeper.kit.errors import TooLittle
from shopkeeper.kit.money import Money

_LEAST = 200
"""People in the hold-out from whom anything is told."""


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """What people of a campaign did in its time, n of them in the order they came; money is in minor units."""

    is_holdout: NDArray[np.bool_]
    """By chance they never get a coupon."""
    revenue: Floats
    """What they paid, after coupons."""
    margin: Floats
    """What the shop kept of what they bought, before coupons."""
    cost: Floats
    """What coupons took off."""


@dataclass(frozen=True, slots=True)
class Report:
    """All figures are what would be missing without the campaign, of all its people together, in minor units."""

    people: int
    holdout: int
    revenue: Interval
    margin: Interval
    cost: float
    """What was taken off: nobody in the hold-out has any."""
    profit: Interval
    """Margin less cost."""
    watched: Interval
    """The profit, with an interval that holds however often it is looked at."""
    shares_p: float
    """How likely chance makes a hold-out of this size."""

    @classmethod
    def of(cls, told: People) -> "Report":
        """Return what a campaign earned; TooLittle, or InvalidInput where the hold-out is not what was drawn."""
        out, n = told.is_holdout, len(told.is_holdout)
        holdout, given = int(out.sum()), int((~out).sum())
        if min(holdout, given) < _LEAST:
            raise TooLittle(f"{holdout} people are in the hold-out: what a campaign earns is told from {_LEAST} on.")
        shares_p = check_shares(np.array([holdout, given]), np.array([NEVER, 1 - NEVER]))
        profit = told.margin - told.cost

        def missing(values: Floats) -> Interval:
            return against_holdout(values[~out], values[out]).times(given)

        return cls(
            people=n,
            holdout=holdout,
            revenue=missing(told.revenue),
            margin=missing(told.margin),
            cost=float(told.cost[~out].sum()),
            profit=missing(profit),
            watched=running_effect(~out, profit, np.full(n, 1 - NEVER)).times(given),
            shares_p=shares_p,
        )

    def said(self, currency: str) -> str:
        """Return it as a merchant reads it."""

        def money(amount: float) -> str:
            return str(Money(round(amount), currency))

        def between(figure: Interval) -> str:
            return f"{money(figure.value)} ({money(figure.low)} to {money(figure.high)})"

        proven = "is not proven to have earned"
        if self.watched.low > 0 or self.watched.high < 0:
            proven = "earned" if self.watched.low > 0 else "lost"
        return (
            f"The campaign {proven} money, against {self.holdout:,} people who by chance got no coupon. Of "
            f"{self.people:,} people it brought {between(self.revenue)} of revenue and {between(self.margin)} of "
            f"margin, and took {money(self.cost)} off: a profit of {between(self.profit)}."
        )
