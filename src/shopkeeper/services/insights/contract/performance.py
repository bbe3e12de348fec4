"""How products, categories and brands do."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopkeeper.data.insights import PerformanceOf
from shopkeeper.services.insights.contract.days import Count, OfDays, Share

PerformanceSort = Literal["money", "purchases", "buyers", "carts", "views", "viewers", "conversion"]


class PerformanceRequest(OfDays):
    """The wish to know how products do; with both `since` and `until` also how they did in as many days before."""

    by: PerformanceOf = "item"
    """`item`; or `category`, the first level of a product's first; or `brand`."""
    sort: PerformanceSort = "money"
    """By what, the most first; what is not told comes last."""
    ascending: bool = False
    """The least first."""
    n: Annotated[int, Field(ge=1, le=1000)] = 20
    """At most so many."""
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    """Leave out so many of the first."""


class PerformanceRow(BaseModel):
    """One product, category or brand."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """The id of the product, or the name of the category or brand."""
    title: str
    """The title of the product; else the same as the name."""
    views: Count
    """How often it was viewed: the average of a person to two digits, times the number of people; so all such here."""
    viewers: Count
    """Who viewed it, to the nearest ten; none: fewer than ten."""
    carts: Count
    """How often it was put into a cart."""
    purchases: Count
    """In how many purchases it was."""
    buyers: Count
    """Who bought it."""
    conversion: Share
    """Which share of those who viewed it bought it then or later."""
    money_minor: int | None
    """What was paid less what was given back, in minor units."""
    viewers_change: Share
    """Against as many days before: 0.25 is a quarter more; none where one of the two is not told."""
    buyers_change: Share
    """So of those who bought it."""
    money_change: Share
    """So of the money."""


class Performance(BaseModel):
    """The answer to a PerformanceRequest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    by: PerformanceOf
    """What the rows are."""
    currency: str | None
    """Of the money: that of most purchases; others are left out."""
    before_since: date | None
    """The first of the days that these are compared with; none without both `since` and `until`."""
    before_until: date | None
    """The last of them."""
    total: int
    """How many rows there are, of which `n` from `offset` on are here."""
    rows: list[PerformanceRow]
    """Those that ten people or more viewed, put into the cart or bought."""
