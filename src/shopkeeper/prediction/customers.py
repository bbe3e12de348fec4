"""Orders, and what they say of each customer at one moment."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import GUEST_PREFIX, EventType

Floats = NDArray[np.float64]

DAY_US = 86_400_000_000
RECENT_DAYS = (28, 56, 91)


@dataclass(frozen=True, slots=True, eq=False)
class Customers:
    """All who had ordered by a moment. Times are in days."""

    user_idx: NDArray[np.int32]
    repeats: NDArray[np.int64]
    """Orders after the first."""
    last: Floats
    """From the first order to the newest."""
    age: Floats
    """From the first order to the moment."""
    spent: Floats
    """In minor units, by all orders."""
    recent: NDArray[np.int64]
    """Orders in the last RECENT_DAYS, (n, 3)."""

    @property
    def mean(self) -> Floats:
        """Return what an order of each was worth in the mean."""
        return self.spent / (self.repeats + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """What each person paid on each day with a purchase, sorted by person, then day: a day is one order."""

    n_users: int
    user_idx: NDArray[np.int32]
    day: NDArray[np.int64]
    """Since 1970-01-01 UTC."""
    worth: Floats
    """In minor units; what has no price adds nothing."""

    @classmethod
    def of(cls, log: EventLog) -> "Orders":
        """Return the purchases of a log; guests, who cannot come back, are left out."""
        bought = log.take(log.type == EventType.PURCHASE)
        # Only those who are here are looked at: of a large shop's log this may be a small part.
        guests = [user for user in np.unique(bought.user_idx).tolist() if log.users[user].startswith(GUEST_PREFIX)]
        bought = bought.take(~np.isin(bought.user_idx, guests))
        day = bought.at // DAY_US
        is_first = np.ones(len(day), np.bool_)
        is_first[1:] = (day[1:] != day[:-1]) | (bought.user_idx[1:] != bought.user_idx[:-1])
        paid = np.maximum(bought.price_minor, 0) * bought.quantity.astype(np.float64)
        worth = _sums(np.cumsum(is_first) - 1, paid, int(is_first.sum()))
        return cls(len(log.users), bought.user_idx[is_first], day[is_first], worth)

    def customers(self, as_of_day: int) -> Customers:
        """Return who had ordered by the end of a day, and how."""
        past = self.day <= as_of_day
        whose, day = self.user_idx[past], self.day[past]
        user_idx, first, n = np.unique(whose, return_index=True, return_counts=True)
        recent = [np.bincount(whose[day > as_of_day - days], minlength=self.n_users)[user_idx] for days in RECENT_DAYS]
        return Customers(
            user_idx=user_idx,
            repeats=n - 1,
            last=(day[first + n - 1] - day[first]).astype(np.float64),
            age=(as_of_day - day[first]).astype(np.float64),
            spent=_sums(whose, self.worth[past], self.n_users)[user_idx],
            recent=np.column_stack(recent),
        )

    def came(self, customers: Customers, after_day: int, until_day: int) -> tuple[Floats, Floats]:
        """Return how many orders of each came later, up to a day, and what they were worth."""
        came = (self.day > after_day) & (self.day <= until_day)
        whose = self.user_idx[came]
        n = np.bincount(whose, minlength=self.n_users).astype(np.float64)
        worth = _sums(whose, self.worth[came], self.n_users)
        return n[customers.user_idx], worth[customers.user_idx]


def _sums(places: NDArray[np.integer], values: Floats, n: int) -> Floats:
    return np.asarray(np.bincount(places, values, n), np.float64)
