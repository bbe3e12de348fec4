"""What is asked of the behaviour of a whole shop, and the exact figures that answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.events import INTERACTIONS, EventType

Breakdown = Literal["category", "brand"]
OriginPart = Literal["scenario", "model", "version"]
PerformanceOf = Literal["item", "category", "brand"]
Period = Literal["day", "week", "month"]
SILENCE_US = 30 * 60 * 1_000_000
"""More than so much between two things that a person does makes them two visits."""


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the shop's own calendar, both ends included; None for no bound."""

    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelQuestion:
    """How many people take steps one after the other."""

    steps: tuple[EventType, ...]
    """Each once."""
    window_us: int
    """The most that may lie between the first step and the last."""
    strict: bool = False
    """Nothing else lies between two steps."""
    by: Breakdown | None = None
    """A funnel for each value, of the events about its products alone."""
    days: Days = field(default_factory=Days)


@dataclass(frozen=True, slots=True)
class FunnelFigures:
    """One funnel."""

    group: str | None
    """The value that it was broken down by."""
    reached: tuple[int, ...]
    """People who took the first step, the first two, and so on."""
    median_us: float | None
    """Of the shortest time that each who took all steps needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionQuestion:
    """Who comes back in the periods after their first."""

    every: Period = "week"
    periods: int = 12
    """How many periods after the first are looked at."""
    again: tuple[EventType, ...] = INTERACTIONS
    """What counts, the first time and later."""
    days: Days = field(default_factory=Days)
    """In which people of the cohorts did it for the first time."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """People who did something for the first time in the same period."""

    start: date
    people: tuple[int, ...]
    """All; those who did it in the next period; and so on, as far as the log goes."""


@dataclass(frozen=True, slots=True)
class RfmCell:
    """Customers of the same two scores, 1 to 5, of which 5 is best."""

    recency: int
    spending: int
    """The mean of the scores of frequency and money, halves up."""
    people: int
    orders: int
    minor: int
    """What they paid, in minor units, less what they gave back."""


@dataclass(frozen=True, slots=True)
class RfmFigures:
    """All cells with somebody in them."""

    cells: Sequence[RfmCell]
    currency: str | None
    """That of most purchases; others are left out of the money. None where nothing has a price."""


@dataclass(frozen=True, slots=True, eq=False)
class PairFigures:
    """Pairs of products that lie in the same baskets, as columns."""

    n_baskets: int
    n_items: int
    """Products that lie in enough baskets to be in a pair."""
    item_ids: Sequence[tuple[str, str]]
    with_first: NDArray[np.int64]
    """Baskets that hold the first."""
    with_second: NDArray[np.int64]
    with_both: NDArray[np.int64]
    people: NDArray[np.int64]
    """Whose baskets those are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnedQuestion:
    """What came of lists."""

    window_us: int
    """The most that may lie between a click, or an impression, and what came of it."""
    by: tuple[OriginPart, ...] = ("scenario", "model", "version")
    days: Days = field(default_factory=Days)
    """Of what happened; what led to it may have been before."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was done."""

    times: int = 0
    people: int = 0
    """By how many."""
    minor: int = 0
    """For how much, in minor units."""


@dataclass(frozen=True, slots=True)
class EarnedFigures:
    """What came of the lists of one origin."""

    origin: tuple[str | None, ...]
    """In the words of `by`; empty for all lists, None where an id does not say."""
    shown: Tally = Tally()
    clicked: Tally = Tally()
    carted: Tally = Tally()
    """After a click."""
    bought: Tally = Tally()
    """After a click."""
    carted_unclicked: Tally = Tally()
    """After an impression alone."""
    bought_unclicked: Tally = Tally()


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceQuestion:
    """How products, categories or brands do."""

    by: PerformanceOf = "item"
    currency: str | None = None
    """Of the money; without it, that of most purchases of these days."""
    days: Days = field(default_factory=Days)


@dataclass(frozen=True, slots=True)
class PerformanceFigures:
    """What was done with a product, or with the products of a category or brand."""

    name: str
    viewed: Tally
    carted: Tally
    bought: Tally
    """For how much: less what was given back."""
    through: int
    """People who bought it when they viewed it, or later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathsQuestion:
    """Which ways people take."""

    types: tuple[EventType, ...]
    """What is a step; the same again and again is one."""
    by_category: bool = False
    """A step also names the first level of its product's first category."""
    length: int = 4
    """So many of the first steps of a visit are looked at."""
    days: Days = field(default_factory=Days)


@dataclass(frozen=True, slots=True)
class WayFigures:
    """How visits began."""

    steps: tuple[str, ...]
    has_ended: bool
    """Nothing came after these."""
    visits: int
    people: int


@dataclass(frozen=True, slots=True)
class PathFigures:
    """The ways that enough people took."""

    visits: int
    """All in which there was a step."""
    people: int
    ways: Sequence[WayFigures]


@dataclass(frozen=True, slots=True)
class SearchFigures:
    """What came of searches for the same words, or of all."""

    words: str | None
    searched: Tally
    led_nowhere: Tally
    """No interaction with a product followed in the same visit, before the next search."""
    counted: Tally
    """Those of which the number of results is known."""
    found_nothing: Tally
    """Those of which it is 0."""


@dataclass(frozen=True, slots=True)
class EchoFigures:
    """What lists led people to, against what they found alone."""

    turned: Tally
    """All that people turned to."""
    led: Tally
    """What lists led to."""
    judged: int
    """People of whom enough of both is known."""
    narrowed: int
    """Of these, whom lists led to fewer kinds."""
    alone: float
    """Sum over those judged of the entropy of what they found alone, in nats."""
    through: float
    """The same of what lists led to."""
    kinds: Tally
    """Categories of each person who had been there before."""
    unseen: int
    """Of these, those that the person had never turned to."""
