"""What a campaign earned."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Figure(BaseModel):
    """A figure, and between what it lies with 95 %."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    value: float
    """The figure."""
    low: float
    """It is not less."""
    high: float
    """It is not more."""


class Against(BaseModel):
    """What would be missing without the campaign, of all its people together, in minor units."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    people: int
    """About whom was decided."""
    holdout: int
    """Of them, those who by chance never get a coupon."""
    revenue: Figure
    """What people paid, after coupons."""
    margin: Figure
    """What the shop kept of what they bought, before coupons."""
    cost: float
    """What coupons took off."""
    profit: Figure
    """Margin less cost."""
    watched: Figure
    """The profit, with an interval that holds however often it is looked at."""
    shares_p: float
    """How likely chance makes a hold-out of this size; under .001 nothing is told."""


class PolicyFigures(BaseModel):
    """What another way to decide would have brought with each person, in minor units."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    policy: str
    """`nobody`, an offer to all who may have it, or `learned`."""
    ips: Figure | None = None
    """By inverse propensities."""
    snips: Figure | None = None
    """The same by the sum of the weights."""
    dr: Figure | None = None
    """Doubly robust."""
    effective: float | None = None
    """So many of its own decisions would say as much."""
    why_not: str | None = None
    """Why nothing is said."""


class Loyalty(BaseModel):
    """How much more tenured customers paid than new ones, as a part of public prices."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    more: Figure | None = None
    """.02: two hundredths more."""
    alert: bool = False
    """Whether it is over one hundredth."""
    text: str
    """In a sentence, or why nothing is said."""


class Earnings(BaseModel):
    """What a campaign earned against those who by chance never get a coupon of it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    as_of: datetime
    """What came after was not looked at, in UTC."""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    """Of all amounts."""
    text: str
    """In a sentence, or why nothing can be said."""
    against: Against | None = None
    """The figures; none where nothing can be said."""
    policies: list[PolicyFigures] = []
    """What others would have brought."""
    learned: dict[str, str] = {}
    """Of each offer, to whom it may go and why."""
    loyalty: Loyalty
    """Whether who is loyal pays more."""
    pictures: dict[str, str] = {}
    """SVG: `spending` against the plan, and `qini-OFFER`: how well the people whom an offer moves are found."""
