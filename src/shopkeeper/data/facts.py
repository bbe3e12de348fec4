"""What one person did with each product: what a filter can ask besides the catalogue."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.columns import Kind
from shopkeeper.data.events import INTERACTIONS, EventType
from shopkeeper.data.history import DAY_US, HistoryBatch

Fact = NDArray[np.bool_] | NDArray[np.float64]

TOLD = (*INTERACTIONS, EventType.UNCART, EventType.REFUND)
"""Types of events that the facts are made of."""


@dataclass(frozen=True, slots=True)
class FactAbout:
    """One thing that can be asked of a history."""

    kind: Kind
    read: Callable[[HistoryBatch, int], Fact]
    """From a history of one person and the number of products, shape (n_items,)."""
    about: str
    """For the reference."""


def _did(*types: EventType) -> Callable[[HistoryBatch, int], Fact]:
    def read(history: HistoryBatch, n_items: int) -> Fact:
        found = np.zeros(n_items, np.bool_)
        found[history.item_idx[history.are_of(types)]] = True
        return found

    return read


def _ended_with(last: EventType, *types: EventType) -> Callable[[HistoryBatch, int], Fact]:
    def read(history: HistoryBatch, n_items: int) -> Fact:
        newest = np.full(n_items, -1, np.int8)
        counted = history.are_of(types)
        # Oldest first, and of the same place the last assignment stays.
        newest[history.item_idx[counted]] = history.type[counted]
        return np.equal(newest, last)

    return read


def _days_since(*types: EventType) -> Callable[[HistoryBatch, int], Fact]:
    def read(history: HistoryBatch, n_items: int) -> Fact:
        days = np.full(n_items, np.nan)
        counted = history.are_of(types)
        days[history.item_idx[counted]] = history.ages_us[counted] / DAY_US
        return days

    return read


def _times_bought(history: HistoryBatch, n_items: int) -> Fact:
    return np.bincount(history.item_idx[history.are_of((EventType.PURCHASE,))], minlength=n_items).astype(np.float64)


def _unknown(_history: HistoryBatch, n_items: int) -> Fact:
    return np.full(n_items, np.nan)


_BUY, _BACK = EventType.PURCHASE, EventType.REFUND
_CART = (EventType.CART, EventType.UNCART, EventType.PURCHASE)
_LOOK = (EventType.VIEW, EventType.CLICK)

FACTS: Mapping[str, FactAbout] = {
    "seen": FactAbout(Kind.FLAG, _did(*INTERACTIONS), "looked at, kept, put into the cart or bought"),
    "viewed": FactAbout(Kind.FLAG, _did(*_LOOK), "looked at"),
    "bought": FactAbout(Kind.FLAG, _did(_BUY), "bought, ever"),
    "refunded": FactAbout(Kind.FLAG, _ended_with(_BACK, _BUY, _BACK), "given back, and not bought again since"),
    "favorite": FactAbout(Kind.FLAG, _did(EventType.FAVORITE), "kept as a favourite"),
    "in_cart": FactAbout(Kind.FLAG, _ended_with(EventType.CART, *_CART), "put into the cart, not taken out or bought"),
    "times_bought": FactAbout(Kind.NUMBER, _times_bought, "number of purchases; 0 where there is none"),
    "days_since_viewed": FactAbout(Kind.NUMBER, _days_since(*_LOOK), "since the last look; missing where none"),
    "return_rate": FactAbout(Kind.NUMBER, _unknown, "share of its buyers who bought it again; missing before a fit"),
    "days_since_bought": FactAbout(Kind.NUMBER, _days_since(_BUY), "since the last purchase; missing where none"),
}
"""All that expressions can ask of a person."""


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """The facts of one history, each made when asked for."""

    history: HistoryBatch
    """A batch of one, of all types in `TOLD`."""
    n_items: int
    known: Mapping[str, Fact] = field(default_factory=dict)
    """Facts that are not in the history."""
    stamp: Hashable = None
    """Which ones these are: the same for the same."""
    _made: dict[str, Fact] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Fact:
        """Return a fact, shape (n_items,)."""
        if name in self.known:
            return self.known[name]
        if name not in self._made:
            self._made[name] = FACTS[name].read(self.history, self.n_items)
        return self._made[name]

    def of_nobody(self) -> "Facts":
        """Return the facts of somebody who did nothing."""
        return Facts(
            self.history.keep(np.zeros(len(self.history.type), np.bool_)), self.n_items, self.known, self.stamp
        )

    def about(self, items: NDArray[np.int32]) -> "Facts":
        """Return the facts of some products, ascending, all of the history among them, numbered as they are listed."""
        history = self.history.renumbered(np.searchsorted(items, self.history.item_idx).astype(np.int32))
        return Facts(history, len(items), {name: fact[items] for name, fact in self.known.items()}, self.stamp)
