"""What is bought together."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shopkeeper.services.insights.contract.days import Count, OfDays


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
