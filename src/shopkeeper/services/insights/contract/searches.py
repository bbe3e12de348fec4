"""What people searched for, and what came of it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopkeeper.services.insights.contract.days import Count, OfDays, Share


class SearchesRequest(OfDays):
    """The wish to know what people search for."""

    sort: Literal["searches", "people", "led_nowhere", "found_nothing"] = "searches"
    """By what, the most first."""
    n: Annotated[int, Field(ge=1, le=1000)] = 20
    """At most so many words."""
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    """Leave out so many of the first."""


class SearchTold(BaseModel):
    """What came of searches for the same words."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    query: str | None
    """The words, in lower case; none for all searches."""
    searches: Count
    """How many: the average of a person to two digits, times the number of people; so all such here."""
    people: Count
    """Who searched for them, to the nearest ten; none: fewer than ten."""
    led_nowhere: Count
    """Searches after which the person turned to no product in the same visit, before the next search."""
    led_nowhere_share: Share
    """Their share."""
    found_nothing: Count
    """Searches that found no product, of those of which the number is known (`n_results`)."""
    found_nothing_share: Share
    """Their share of those."""


class Searches(BaseModel):
    """The answer to a SearchesRequest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    all: SearchTold
    """All searches."""
    total: int
    """How many different words there are that ten people or more searched for."""
    queries: list[SearchTold]
    """`n` of them, from `offset` on."""
