"""Who comes back, and who buys how much."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopkeeper.data.insights import Period
from shopkeeper.services.insights.contract.days import Count, Kinds, OfDays, Share

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


class RetentionRequest(OfDays):
    """The wish for retention by cohort; `since` and `until` say when people of the cohorts came first."""

    every: Period = "week"
    """How long a period is; a week begins on Monday."""
    periods: Annotated[int, Field(ge=1, le=60)] = 12
    """How many periods after the first are looked at."""
    types: Annotated[Kinds, Field(min_length=1, max_length=10)] = Field(
        default=["view", "favorite", "cart", "purchase", "click"]
    )
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
