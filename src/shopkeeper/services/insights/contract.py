"""What the insights service takes and gives."""

from datetime import date
from typing import Annotated, Literal, Protocol, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shopkeeper.data.insights import Breakdown, Days, Period
from shopkeeper.services.events.contract import EventKind


def _listed(given: object) -> object:
    """Read `view,cart` as two."""
    many = given if isinstance(given, list) else [given]
    return [word for one in many for word in (one.split(",") if isinstance(one, str) else [one])]


Kinds = Annotated[list[EventKind], BeforeValidator(_listed)]
Count = Annotated[int | None, Field(ge=0)]
Share = float | None
SegmentName = Literal[
    "champions",
    "loyal",
    "promising",
    "new",
    "need attention",
    "about to sleep",
    "at risk",
    "cannot lose",
    "hibernating",
]


class About(BaseModel):
    """What the analyses are about."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    time_zone: str
    """Where days, weeks and months begin."""
    events: Count
    """How many are stored, to the nearest ten."""


class OfDays(BaseModel):
    """The days that an analysis looks at, of the shop's calendar (SHOPKEEPER_TIME_ZONE)."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    since: date | None = None
    """The first day; without it, from the beginning."""
    until: date | None = None
    """The last day; without it, to the newest event."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"since ({self.since}) is after until ({self.until})")
        return self

    @property
    def days(self) -> Days:
        """The same, for stores."""
        return Days(self.since, self.until)


class FunnelRequest(OfDays):
    """The wish for a funnel."""

    steps: Annotated[Kinds, Field(min_length=2, max_length=8)]
    """Types of events, in the order in which people take them, each once: `view,cart,purchase`."""
    within_hours: Annotated[float, Field(gt=0, le=24 * 3660)] = 24 * 30
    """The most that may lie between the first step and the last."""
    strict: bool = False
    """true: nothing else lies between two steps."""
    by: Breakdown | None = None
    """A funnel for each category (the first level of a product's first) or brand, of events about its products."""
    top: Annotated[int, Field(ge=1, le=50)] = 8
    """At most so many of these, those with most people."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.steps)) < len(self.steps):
            raise ValueError(f"steps: each can be taken once, but they are {', '.join(self.steps)}")
        return self


class FunnelStep(BaseModel):
    """One step."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str
    """What happened."""
    people: Count
    """Who took this step and all before it, in order, to the nearest ten; none: fewer than ten."""
    of_first: Share
    """Their share of those who took the first step."""
    of_previous: Share
    """Their share of those who took the step before."""


class FunnelGroup(BaseModel):
    """One funnel."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str | None
    """The category or brand; none where all events are counted."""
    steps: list[FunnelStep]
    """In order."""
    median_hours: float | None
    """Half of those who took all steps needed no longer from the first to the last, at their quickest; two digits."""


class Funnel(BaseModel):
    """The answer to a FunnelRequest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    groups: list[FunnelGroup]
    """One, or one for each category or brand with ten people or more, most people first."""


class RetentionRequest(OfDays):
    """The wish for retention by cohort; `since` and `until` say when people of the cohorts came first."""

    every: Period = "week"
    """How long a period is; a week begins on Monday."""
    periods: Annotated[int, Field(ge=1, le=60)] = 12
    """How many periods after the first are looked at."""
    types: Annotated[Kinds, Field(min_length=1, max_length=10)] = ["view", "favorite", "cart", "purchase", "click"]
    """What counts, the first time and later."""


class RetentionCohort(BaseModel):
    """People who came first in the same period."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    start: date
    """The first day of that period."""
    people: Count
    """All of them, to the nearest ten; none: fewer than ten."""
    returned: list[Count]
    """Who came in the first period after it, the second and so on, as far as the log goes; the newest may go on."""
    share: list[Share]
    """The same as shares of all."""


class Retention(BaseModel):
    """The answer to a RetentionRequest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    every: Period
    """How long a period is."""
    cohorts: list[RetentionCohort]
    """The oldest first."""


class RfmSegment(BaseModel):
    """Customers who bought as lately, and as much, as each other."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: SegmentName
    """What they are called."""
    people: Count
    """How many, to the nearest ten; none: fewer than ten."""
    share: Share
    """Of all customers."""
    orders: Count
    """Their orders: the average to two digits, times the number of people."""
    money_minor: int | None
    """What they paid less what they gave back, in minor units, in the same way."""


class RfmSquare(BaseModel):
    """Customers of the same two scores."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    recency: int
    """1 to 5: which fifth of all customers bought longer ago."""
    spending: int
    """1 to 5: the mean of the scores of how often and how much they bought, halves up."""
    segment: SegmentName
    """The segment it is part of."""
    people: Count
    """How many, to the nearest ten; none: fewer than ten."""


class Rfm(BaseModel):
    """Customers by recency, frequency and money."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    people: Count
    """All customers, guests left out, to the nearest ten."""
    currency: str | None
    """Of the money: that of most purchases; others are left out."""
    segments: list[RfmSegment]
    """The best first."""
    squares: list[RfmSquare]
    """All 25."""


class RulesRequest(OfDays):
    """The wish for products that are bought together."""

    max_q: Annotated[float, Field(gt=0, le=0.5)] = 0.05
    """The share of the rules that may be chance alone (Benjamini and Hochberg)."""
    min_support: Annotated[float, Field(ge=0, le=1)] = 0.005
    """Share of the baskets that hold both, at least: figures of few baskets are rough, and their lift rougher."""
    min_lift: Annotated[float, Field(ge=0, le=1000)] = 1.0
    """Together at least so many times as often as by chance."""
    item_id: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    """Only rules that start from this product."""
    n: Annotated[int, Field(ge=1, le=1000)] = 20
    """At most so many, those with the highest lift."""


class AssociationRule(BaseModel):
    """Who buys one buys the other."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    item_id: str
    """The one."""
    title: str
    """Its title; its id where the catalogue does not know it."""
    then_item_id: str
    """The other."""
    then_title: str
    """Its title."""
    baskets: int
    """Baskets that hold both, to the nearest ten, of ten people at least."""
    support: float
    """Their share of all baskets."""
    confidence: float
    """Their share of the baskets that hold the one."""
    lift: float
    """How many times as often as if the two had nothing to do with each other."""


class AssociationRules(BaseModel):
    """The answer to a RulesRequest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    baskets: Count
    """All baskets, to the nearest ten."""
    tested: int
    """How many pairs could have been found, for which chance is corrected."""
    rules: list[AssociationRule]
    """The highest lift first; each pair in both directions."""


class Insights(Protocol):
    """The insights service. Fewer than ten people are told of nowhere, and more in tens."""

    async def about(self) -> About:
        """Return what the analyses are about."""

    async def funnel(self, request: FunnelRequest) -> Funnel:
        """Return how many people took steps one after the other."""

    async def retention(self, request: RetentionRequest) -> Retention:
        """Return who came back, by when they came first."""

    async def rfm(self, request: OfDays) -> Rfm:
        """Return how many customers bought how lately, how often and for how much."""

    async def rules(self, request: RulesRequest) -> AssociationRules:
        """Return which products are bought together more often than by chance."""
