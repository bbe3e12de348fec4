"""What is known of people at a moment: numbers made of what had happened by then, and of nothing after it.

One function for a whole shop and for one person; sums are of whole numbers, or in an order that does not depend on who
else is asked about, so both give the same bytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.words import GROUPS

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]

DAY_US = 86_400_000_000
SESSION_US = 30 * 60 * 1_000_000
"""A silence longer than this ends a session."""
WINDOWS_DAYS = (1, 7, 28, 91)
SEARCHED_DAYS = 28
"""The words of older searches are not looked at."""
COUNTED = (EventType.VIEW, EventType.FAVORITE, EventType.CART, EventType.PURCHASE, EventType.SEARCH)
_AT_ONCE = 5_000_000
"""Rows of pasts looked at together, for the sake of memory."""

NAMES: Sequence[str] = (
    *(f"{kind.label}s, {days} days" for kind in COUNTED for days in WINDOWS_DAYS),
    *(f"{kind.label}s" for kind in COUNTED),
    "days since the first event",
    "days since the newest event",
    "days since the newest cart",
    "days since the newest purchase",
    "days between purchases",
    "active days",
    "spent",
    "mean price bought",
    "mean price viewed",
    "products",
    "events a product",
    "categories",
    "category entropy",
    "sessions",
    "events a session",
    "events of the newest session",
    "products of the newest session",
    "cart of the newest session",
    "minutes of the newest session",
    "hour",
    "weekday",
    f"different searches, {SEARCHED_DAYS} days",
    *(f"searches with words of group {group + 1}, {SEARCHED_DAYS} days" for group in range(GROUPS)),
)
"""Of the columns. Money is in minor units, entropy in bits, hour and weekday (Monday is 0) are UTC."""


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """People, and when each is asked about."""

    user_idx: NDArray[np.int32]
    as_of: NDArray[np.int64]
    """Microseconds since 1970-01-01 UTC."""

    def __len__(self) -> int:
        return len(self.as_of)

    def take(self, keep: NDArray[np.integer] | NDArray[np.bool_] | slice) -> "Moments":
        """Return some of them."""
        return Moments(self.user_idx[keep], self.as_of[keep])


Make = Callable[["Past"], list[Floats]]
"""Makes columns of a number for each moment."""


def features(
    log: EventLog,
    moments: Moments,
    categories: NDArray[np.int32] | None = None,
    more: Make = lambda _: [],
) -> NDArray[np.float32]:
    """Return a row of NAMES, and of what more is made of the past, for each moment; NaN: nothing is known.

    `categories` has the number of the category of each product of the log, -1 for none.
    """
    if categories is not None and len(categories) != len(log.items):
        raise InvalidInput(f"There are {len(log.items)} products in the log, but categories of {len(categories)}.")
    of = np.full(len(log.items), -1, np.int32) if categories is None else categories
    first, end = _spans(log, moments)
    part = np.cumsum(end - first + len(NAMES)) // _AT_ONCE
    edges = [0, *(np.flatnonzero(np.diff(part)) + 1).tolist(), len(moments)]
    return np.concatenate([_features(log, moments.take(slice(*edge)), of, more) for edge in pairwise(edges)])


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """The events up to each of n moments, a row each: those of a moment together, the oldest first."""

    as_of: NDArray[np.int64]
    of: NDArray[np.int64]
    """Which moment a row belongs to."""
    at: NDArray[np.int64]
    kind: NDArray[np.int8]
    item: NDArray[np.int32]
    category: NDArray[np.int32]
    price: Floats
    """In minor units, NaN where unknown."""
    quantity: Floats
    words: NDArray[np.int32]

    @property
    def n(self) -> int:
        """Return how many moments there are."""
        return len(self.as_of)

    def count(self, rows: Rows) -> Floats:
        """Return how many of the rows each moment has."""
        return np.bincount(self.of[rows], minlength=self.n).astype(np.float64)

    def total(self, values: Floats, rows: Rows) -> Floats:
        """Return the sum of values over rows."""
        return np.asarray(np.bincount(self.of[rows], values[rows], self.n), np.float64)

    def last(self, values: NDArray[np.int64], rows: Rows) -> Floats:
        """Return the value of the newest of the rows, NaN where there is none."""
        found, of = np.full(self.n, np.nan), self.of[rows]
        is_last = np.append(of[1:] != of[:-1], True)[: len(of)]
        found[of[is_last]] = values[rows][is_last]
        return found

    def first(self, values: NDArray[np.int64], rows: Rows) -> Floats:
        """Return the value of the oldest of the rows, NaN where there is none."""
        found, of = np.full(self.n, np.nan), self.of[rows]
        is_first = np.append(True, of[1:] != of[:-1])[: len(of)]
        found[of[is_first]] = values[rows][is_first]
        return found

    def is_since(self, begins: Rows) -> Rows:
        """Return which rows are not before the last of their moment that begins something."""
        place = np.arange(len(self.at))
        return np.asarray(place >= self.last(place, begins)[self.of])

    def different(self, values: NDArray[np.integer], rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return, for each value that a moment has, which moment that is and in how many rows it has it."""
        n_values = int(values.max(initial=0)) + 1
        pairs, n = np.unique(self.of[rows] * n_values + values[rows], return_counts=True)
        return pairs // n_values, n

    def n_different(self, values: NDArray[np.integer], rows: Rows) -> Floats:
        """Return how many values each moment has."""
        return np.bincount(self.different(values, rows)[0], minlength=self.n).astype(np.float64)


def past_of(log: EventLog, moments: Moments, categories: NDArray[np.int32]) -> Past:
    """Return what had happened by each moment."""
    first, end = _spans(log, moments)
    lengths = end - first
    event = np.arange(lengths.sum()) + np.repeat(first - np.cumsum(lengths) + lengths, lengths)
    item, price = log.item_idx[event], log.price_minor[event]
    return Past(
        as_of=moments.as_of,
        of=np.repeat(np.arange(len(moments)), lengths),
        at=log.at[event],
        kind=log.type[event],
        item=item,
        category=np.append(categories, np.int32(-1))[item],  # one more place for -1, which is where it points
        price=np.where(price < 0, np.nan, price),
        quantity=log.quantity[event].astype(np.float64),
        words=log.words[event],
    )


def _spans(log: EventLog, moments: Moments) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where in the log the past of each moment begins and ends."""
    first = np.searchsorted(log.user_idx, moments.user_idx)
    return first, ends(log.at, first, np.searchsorted(log.user_idx, moments.user_idx, "right"), moments.as_of)


def session_begins(of: NDArray[np.integer], at: NDArray[np.int64]) -> Rows:
    """Return which events begin a session, of rows sorted by whose they are, then time."""
    return np.append(True, (of[1:] != of[:-1]) | (np.diff(at) > SESSION_US))[: len(at)]


def ends(
    at: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64], as_of: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the first place of each range [low, high), in which times rise, that is after `as_of`."""
    while (is_open := low < high).any():
        middle = np.where(is_open, (low + high) // 2, 0)
        is_past = is_open & (at[middle] <= as_of)
        low, high = np.where(is_past, middle + 1, low), np.where(is_open & ~is_past, middle, high)
    return low


def _features(log: EventLog, moments: Moments, categories: NDArray[np.int32], more: Make) -> NDArray[np.float32]:
    past = past_of(log, moments, categories)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = [*_counts(past), *_times(past), *_money(past), *_tastes(past), *_sessions(past), *_words(past)]
        columns += more(past)
    found = np.column_stack(columns).astype(np.float32)
    found[~np.isfinite(found)] = np.nan
    return found


def _counts(past: Past) -> list[Floats]:
    window = np.searchsorted(np.array(WINDOWS_DAYS) * DAY_US, past.as_of[past.of] - past.at, "right")
    n_windows = len(WINDOWS_DAYS) + 1
    place = (past.of * len(EventType) + past.kind) * n_windows + window
    counts = np.bincount(place, minlength=past.n * len(EventType) * n_windows)
    within = counts.reshape(past.n, len(EventType), n_windows).cumsum(axis=2).astype(np.float64)
    return [
        *(within[:, kind, w] for kind in COUNTED for w in range(n_windows - 1)),
        *(within[:, k, -1] for k in COUNTED),
    ]


def _times(past: Past) -> list[Floats]:
    every, is_bought = np.ones(len(past.at), np.bool_), past.kind == EventType.PURCHASE
    bought_first, bought_last = past.first(past.at, is_bought), past.last(past.at, is_bought)
    events = (
        past.first(past.at, every),
        past.last(past.at, every),
        past.last(past.at, past.kind == EventType.CART),
        bought_last,
    )
    days_of_orders = past.n_different(past.at // DAY_US, is_bought)
    return [
        *((past.as_of - at) / DAY_US for at in events),
        (bought_last - bought_first) / DAY_US / (days_of_orders - 1),
        past.n_different(past.at // DAY_US, every),
    ]


def _money(past: Past) -> list[Floats]:
    is_bought = (past.kind == EventType.PURCHASE) & ~np.isnan(past.price)
    is_viewed = (past.kind == EventType.VIEW) & ~np.isnan(past.price)
    return [
        past.total(past.price * past.quantity, is_bought),
        past.total(past.price, is_bought) / past.count(is_bought),
        past.total(past.price, is_viewed) / past.count(is_viewed),
    ]


def _tastes(past: Past) -> list[Floats]:
    has_item, has_category = past.item >= 0, past.category >= 0
    n_products = past.n_different(past.item, has_item)
    of, times = past.different(past.category, has_category)
    order = np.lexsort((times, of))  # numbers of categories differ from log to log, and sums with their order
    of, share = of[order], times[order] / past.count(has_category)[of[order]]
    return [
        n_products,
        past.count(has_item) / n_products,
        np.bincount(of, minlength=past.n).astype(np.float64),
        np.asarray(np.bincount(of, -share * np.log2(share), past.n), np.float64),
    ]


def _words(past: Past) -> list[Floats]:
    has_words = (past.words != 0) & (past.as_of[past.of] - past.at < SEARCHED_DAYS * DAY_US)
    of_group = (has_words & (past.words >> group & 1).astype(np.bool_) for group in range(GROUPS))
    return [past.n_different(past.words, has_words), *map(past.count, of_group)]


def _sessions(past: Past) -> list[Floats]:
    every = np.ones(len(past.at), np.bool_)
    begins = session_begins(past.of, past.at)
    is_newest = past.is_since(begins)
    n_sessions = past.count(begins)
    return [
        n_sessions,
        past.count(every) / n_sessions,
        past.count(is_newest),
        past.n_different(past.item, is_newest & (past.item >= 0)),
        past.count(is_newest & (past.kind == EventType.CART)) - past.count(is_newest & (past.kind == EventType.UNCART)),
        (past.last(past.at, every) - past.last(past.at, begins)) / 60e6,
        (past.as_of // (DAY_US // 24) % 24).astype(np.float64),
        ((past.as_of // DAY_US + 3) % 7).astype(np.float64),
    ]
