"""When something happened to each of many: how often by a moment, and how long before it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shopkeeper.prediction.features import DAY_US, ends

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """Times by key, sorted by key, then time."""

    key: Ints
    at: NDArray[np.int64]
    order: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """Where each was before it was sorted."""

    @classmethod
    def of(cls, key: Ints, at: NDArray[np.int64]) -> "Times":
        """Sort them."""
        order = np.lexsort((at, key))
        return cls(key[order], at[order], order)

    def first(self, key: Ints) -> NDArray[np.int64]:
        """Return the place of the oldest time of each key."""
        return np.searchsorted(self.key, key)

    def end(self, key: Ints, as_of: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the place after the newest time of each key that is not after a moment."""
        return ends(self.at, self.first(key), np.searchsorted(self.key, key, "right"), as_of)

    def n(self, key: Ints, as_of: NDArray[np.int64]) -> Floats:
        """Return how many times each key has by a moment."""
        return (self.end(key, as_of) - self.first(key)).astype(np.float64)

    def newest(self, key: Ints, as_of: NDArray[np.int64], values: NDArray[np.int64]) -> Floats:
        """Return the value, of one for each time, that each key had last by a moment; NaN where it had none."""
        end = self.end(key, as_of)
        return np.where(end > self.first(key), np.append(values, 0)[end - 1], np.nan)

    def days_since(self, key: Ints, as_of: NDArray[np.int64]) -> Floats:
        """Return the days since the newest time of each key; NaN where it has none."""
        return np.asarray((as_of - self.newest(key, as_of, self.at)) / DAY_US)

    def days_since_first(self, key: Ints, as_of: NDArray[np.int64]) -> Floats:
        """Return the days since the oldest time of each key; NaN where it has none by then."""
        first = self.first(key)
        oldest = np.where(self.end(key, as_of) > first, np.append(self.at, 0)[first], np.nan)
        return np.asarray((as_of - oldest) / DAY_US)
