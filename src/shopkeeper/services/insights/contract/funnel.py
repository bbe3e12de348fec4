"""How many people take steps one after the other."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shopkeeper.data.insights import Breakdown
from shopkeeper.services.insights.contract.days import Count, Kinds, OfDays, Share


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
