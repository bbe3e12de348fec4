"""What people did, a row each: the only thing a model scores."""

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.events import INTERACTIONS, Event, EventType
from shopkeeper.data.trail import Trail
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import InvalidInput

T = TypeVar("T")

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


@cache
def _is_among(types: tuple[EventType, ...]) -> NDArray[np.bool_]:
    """Return of each type of event whether it is among some, shape (len(EventType),)."""
    return np.isin(np.arange(len(EventType)), types)


@dataclass(frozen=True, slots=True, eq=False)
class HistoryBatch:
    """B histories of n events in all; row b owns the events indptr[b]:indptr[b + 1], oldest first."""

    indptr: NDArray[np.int64]
    """(B + 1,)"""
    item_idx: NDArray[np.int32]
    """(n,), never -1."""
    type: NDArray[np.int8]
    """(n,), EventType."""
    at: NDArray[np.int64]
    """(n,), microseconds since 1970-01-01 UTC."""
    quantity: NDArray[np.float32]
    """(n,)"""
    rating: NDArray[np.float32]
    """(n,), NaN where not rated."""
    as_of: NDArray[np.int64]
    """(B,), the moment for which each row is asked, in microseconds; decay counts from here."""
    user_idx: NDArray[np.int32]
    """(B,), which row of the training data this person is, -1 when none: a person is not their own neighbour."""
    trust: NDArray[np.float32] | None = None
    """(n,), how far each event is believed when models learn; none: all are."""
    _made: dict[Hashable, object] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of events of each row, shape (B,)."""
        return np.diff(self.indptr)

    @property
    def row_of(self) -> NDArray[np.int64]:
        """Row of each event, shape (n,)."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def n_later(self) -> NDArray[np.int64]:
        """How many events of its row came after each event, shape (n,): 0 for the newest."""
        return np.repeat(self.indptr[1:], self.lengths) - 1 - np.arange(len(self.item_idx))

    @property
    def ages_us(self) -> NDArray[np.int64]:
        """Microseconds from each event to when its row is asked, shape (n,); below zero where it came after that."""
        return (self.as_of if len(self) == 1 else np.repeat(self.as_of, self.lengths)) - self.at

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made of these histories under the key, or make it: a list and its reasons ask the same."""
        if key not in self._made:
            self._made[key] = make()
        return cast("T", self._made[key])

    def are_of(self, types: Collection[EventType]) -> NDArray[np.bool_]:
        """Return which events are of some types, shape (n,)."""
        return _is_among(tuple(types))[self.type]

    def check(self, n_items: int) -> None:
        """Raise InvalidInput where an event names a product outside 0..n_items - 1, or is of no known type."""
        # Unsigned, a negative number is a very large one: one pass tells both.
        if len(self.item_idx) and self.item_idx.view(np.uint32).max() >= n_items:
            raise InvalidInput(f"a history names a product outside 0..{n_items - 1}")
        if len(self.type) and self.type.view(np.uint8).max() >= len(EventType):
            raise InvalidInput(f"a history holds an event of no known type; there are 0..{len(EventType) - 1}")

    def basket_ages(self, gap_hours: float) -> NDArray[np.int64]:
        """Return the number of baskets of the row that came after each event's own, shape (n,).

        An event that comes at most `gap_hours` after the one before it belongs to the same basket, so that a basket is
        an order, or a visit with all its clicks, and no shop need tell where one ends.
        """
        row_of = self.row_of
        same = (row_of[1:] == row_of[:-1]) & (np.diff(self.at) <= gap_hours * HOUR_US)
        number: NDArray[np.int64] = np.concatenate((np.zeros(min(1, len(self.at)), np.int64), np.cumsum(~same)))
        return number[self.indptr[1:][row_of] - 1] - number

    def items_of(self, row: int) -> NDArray[np.int32]:
        """Products of one row, oldest first, with repeats."""
        return self.item_idx[self.indptr[row] : self.indptr[row + 1]]

    def take(self, rows: NDArray[np.integer]) -> "HistoryBatch":
        """Return the chosen rows, in the order given."""
        lengths = self.lengths[rows]
        indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        events = np.arange(indptr[-1]) + np.repeat(self.indptr[:-1][rows] - indptr[:-1], lengths)
        return HistoryBatch(
            indptr,
            self.item_idx[events],
            self.type[events],
            self.at[events],
            self.quantity[events],
            self.rating[events],
            self.as_of[rows],
            self.user_idx[rows],
            None if self.trust is None else self.trust[events],
        )

    def parts(self, n_rows: int) -> Iterator["HistoryBatch"]:
        """Cut into consecutive batches of at most `n_rows` rows."""
        for start in range(0, len(self), n_rows):
            yield self.take(np.arange(start, min(start + n_rows, len(self))))

    def keep(self, events: NDArray[np.bool_]) -> "HistoryBatch":
        """Return all rows with only the chosen events."""
        kept = np.concatenate(([0], np.cumsum(events)))
        return HistoryBatch(
            kept[self.indptr].astype(np.int64),
            self.item_idx[events],
            self.type[events],
            self.at[events],
            self.quantity[events],
            self.rating[events],
            self.as_of,
            self.user_idx,
            None if self.trust is None else self.trust[events],
        )

    def asked_at(self, as_of: NDArray[np.int64]) -> "HistoryBatch":
        """Return the same rows, asked for other moments, shape (B,)."""
        return replace(self, as_of=as_of)

    def of_users(self, user_idx: NDArray[np.int32]) -> "HistoryBatch":
        """Return the same rows as those of users of the training data, shape (B,), -1: of nobody in it."""
        return replace(self, user_idx=user_idx)

    def renumbered(self, item_idx: NDArray[np.int32]) -> "HistoryBatch":
        """Return the same events with other numbers of their products, shape (n,)."""
        return replace(self, item_idx=item_idx)

    @classmethod
    def joined(cls, batches: Sequence["HistoryBatch"]) -> "HistoryBatch":
        """Return the rows of all batches, one after the other."""
        lengths = np.concatenate([np.zeros(1, np.int64), *(batch.lengths for batch in batches)])
        columns = ("item_idx", "type", "at", "quantity", "rating", "as_of", "user_idx")
        none = cls.of([])
        parts = [[getattr(none, name), *(getattr(batch, name) for batch in batches)] for name in columns]
        joined = cls(np.cumsum(lengths), *map(np.concatenate, parts))
        if all(batch.trust is None for batch in batches):
            return joined
        trust = [np.ones(len(one.at), np.float32) if one.trust is None else one.trust for one in batches]
        return replace(joined, trust=np.concatenate(trust))

    @classmethod
    def from_events(
        cls,
        events: Sequence[Event],
        items: Vocabulary,
        *,
        as_of: datetime,
        user_idx: int = -1,
        types: Collection[EventType] = INTERACTIONS,
    ) -> "HistoryBatch":
        """Build a batch of one from a person's events, oldest first; products unknown to `items` are left out."""
        return cls.from_trail(Trail.of(events), items, as_of=as_of, user_idx=user_idx, types=types)

    @classmethod
    def from_trail(
        cls,
        trail: Trail,
        items: Vocabulary,
        *,
        as_of: datetime,
        user_idx: int = -1,
        types: Collection[EventType] = INTERACTIONS,
    ) -> "HistoryBatch":
        """Build a batch of one from what a person did; products unknown to `items` are left out."""
        item_idx, type_ = items.indices(trail.item_id), np.array(trail.type, np.int8)
        kept = (item_idx >= 0) & _is_among(tuple(types))[type_]
        return cls(
            np.array([0, np.count_nonzero(kept)], np.int64),
            item_idx[kept],
            type_[kept],
            np.array(trail.at_us, np.int64)[kept],
            np.array(trail.quantity, np.float32)[kept],
            np.array(trail.rating, np.float32)[kept],
            np.array([to_us(as_of)], np.int64),
            np.array([user_idx], np.int32),
        )

    @classmethod
    def of(
        cls,
        rows: Sequence[Sequence[int]],
        *,
        type: EventType = EventType.PURCHASE,  # noqa: A002 - the field's own name
        user_idx: Sequence[int] | None = None,
    ) -> "HistoryBatch":
        """Build a batch from lists of item_idx, oldest first, one microsecond apart; asked right after the last."""
        lengths = [len(row) for row in rows]
        indptr = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))).astype(np.int64)
        count = int(indptr[-1])
        item_idx = np.fromiter((item for row in rows for item in row), np.int32, count)
        return cls(
            indptr,
            item_idx,
            np.full(count, type, np.int8),
            np.fromiter((place for row in rows for place in range(len(row))), np.int64, count),
            np.ones(count, np.float32),
            np.full(count, np.nan, np.float32),
            np.asarray(lengths, np.int64),
            np.full(len(rows), -1, np.int32) if user_idx is None else np.asarray(user_idx, np.int32),
        )
