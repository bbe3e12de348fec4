"""What is known of a person and a product together at a moment: what was done with it, and how that compares.

The same definitions as of people (`features`), three times: of the pair, of the person, of the product.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.prediction.features import NAMES, Moments, features

Table = NDArray[np.float32]

_SHARED = ("views", "views, 7 days", "views, 28 days", "purchases", "active days")
"""Of a pair, told as a share of the person's."""
_AROUND = ("views, 7 days", "views, 28 days", "purchases, 28 days", "purchases", "days since the newest purchase")
"""Of the person and of the product, as they are."""

PAIR_NAMES: Sequence[str] = (
    *NAMES,
    *(f"share of the person's {name}" for name in _SHARED),
    *(f"{whose} {name}" for whose in ("person's", "product's") for name in (*_AROUND, "purchases a view")),
    "views an active day",
    "product's people",
    "product's purchases a person",
)
"""Of the columns; the first are of the pair."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """People, and a product for each."""

    user_idx: NDArray[np.int32]
    item_idx: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.user_idx)

    def keys(self, n_items: int) -> NDArray[np.int64]:
        """Return a number for each that no other pair has."""
        return self.user_idx.astype(np.int64) * n_items + self.item_idx

    @classmethod
    def of(cls, keys: NDArray[np.int64], n_items: int) -> "Pairs":
        """Return the pairs that have these numbers."""
        return cls((keys // n_items).astype(np.int32), (keys % n_items).astype(np.int32))


def pair_features(log: EventLog, pairs: Pairs, as_of: int) -> Table:
    """Return a row of PAIR_NAMES for each pair as of one moment; NaN: nothing is known."""
    n, told = len(log.items), log.take(log.item_idx >= 0)
    seen, place = np.unique(Pairs(told.user_idx, told.item_idx).keys(n), return_inverse=True)
    at = np.searchsorted(seen, pairs.keys(n))
    at[np.append(seen, -1)[at] != pairs.keys(n)] = len(seen)  # where there is nothing
    pair = _features(_about(told, place), at, as_of)
    person = _features(told, pairs.user_idx, as_of)
    # Of a product, `products` are the people who turned to it.
    product = _features(
        _about(replace(told, items=told.users, item_idx=told.user_idx), told.item_idx), pairs.item_idx, as_of
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = [
            *(_column(pair, name) / _column(person, name) for name in _SHARED),
            *(column for whose in (person, product) for column in _around(whose)),
            _column(pair, "views") / _column(pair, "active days"),
            _column(product, "products"),
            _column(product, "purchases") / _column(product, "products"),
        ]
    compared = np.column_stack(columns)
    compared[~np.isfinite(compared)] = np.nan
    return np.hstack((pair, compared))


def _around(whose: Table) -> list[Table]:
    return [*(_column(whose, name) for name in _AROUND), _column(whose, "purchases") / _column(whose, "views")]


def _column(table: Table, name: str) -> Table:
    return table[:, NAMES.index(name)]


def _about(log: EventLog, whom: NDArray[np.integer]) -> EventLog:
    """Return the events as if they were those of somebody or something else."""
    order = np.lexsort((log.at, whom))
    return replace(log.take(order), user_idx=whom[order].astype(np.int32))


def _features(log: EventLog, whom: NDArray[np.integer], as_of: int) -> Table:
    once, place = np.unique(whom, return_inverse=True)
    return features(log, Moments(once.astype(np.int32), np.full(len(once), as_of)))[place]
