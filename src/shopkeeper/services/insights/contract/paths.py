"""The ways that people take through the shop."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopkeeper.services.insights.contract.days import Count, Kinds, OfDays, Share


class PathsRequest(OfDays):
    """The wish to know which ways people take; a visit is what a person does until 30 minutes of silence."""

    types: Annotated[Kinds, Field(min_length=1, max_length=10)] = Field(
        default=["search", "click", "view", "favorite", "cart", "purchase"]
    )
    """What is a step; the same again and again is one."""
    by: Literal["type", "category"] = "type"
    """`category`: a step also names the first level of its product's first category."""
    steps: Annotated[int, Field(ge=1, le=6)] = 4
    """So many of the first steps of a visit are looked at."""
    n: Annotated[int, Field(ge=1, le=1000)] = 20
    """At most so many ways, those of most visits."""


class PathTold(BaseModel):
    """How visits went."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    steps: list[str]
    """In order."""
    ended: bool
    """Nothing came after these; false: something may have."""
    visits: int
    """How many, to the nearest ten, of ten people at least."""
    share: Share
    """Of all visits."""
    people: int
    """Whose visits those were."""
    people_share: Share
    """Of all people."""


class Paths(BaseModel):
    """The answer to a PathsRequest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    visits: Count
    """Visits with a step, to the nearest ten; none: of fewer than ten people."""
    people: Count
    """Whose visits those were."""
    paths: list[PathTold]
    """Whole visits, or their first `steps` where they have more; most visits first."""
    beginnings: list[PathTold]
    """The tree of all shorter beginnings too, at most 500, most visits first."""
