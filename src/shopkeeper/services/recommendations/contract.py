"""What the recommendations service takes and gives."""

from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field


class RecommendRequest(BaseModel):
    """The wish for products for one person."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    shopper_id: str
    """User id when known, else visitor id; one nobody has heard of gets what is popular."""
    n: Annotated[int, Field(ge=1, le=200)] = 10
    """How many products."""
    model: str | None = None
    """Which fitted model; else the configured one."""
    exclude_seen: bool = True
    """Leave out what the person already turned to."""


class RecommendedItem(BaseModel):
    """One product of the answer."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    item_id: str
    """The product."""
    title: str
    """Its title; its id where the catalogue does not know it."""
    price_minor: int | None
    """Price in minor units."""
    currency: str | None
    """ISO 4217 code."""
    image_url: str | None
    """Its picture."""
    score: float
    """Higher is better; comparable within one answer only. 0 where popularity filled the list."""
    reason: Literal["popular", "neighbours", "similar", "again", "history", "alike"]
    """Which kind of reason."""
    people: int
    """popular, neighbours: how many customers bought it."""
    shared: int
    """neighbours: the most products that one of them shares with the person."""
    times: int
    """again: how often the person took it."""
    because: str | None
    """similar, alike: title of the person's own product that speaks most for it."""
    text: str
    """The reason as a sentence."""


class Recommendation(BaseModel):
    """The answer."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    recommendation_id: str
    """Name it in the events that follow, so that the list can be judged by what came of it."""
    model: str
    """The model that was asked."""
    version: str
    """Its version."""
    reason: Literal["personal", "popular"]
    """popular: nothing is known of this person, or nothing that leads to a product."""
    items: list[RecommendedItem]
    """Best first."""


class Recommendations(Protocol):
    """The recommendations service."""

    async def recommend(self, request: RecommendRequest) -> Recommendation:
        """Return products for a person; NotFound for a named model nobody fitted, NotFitted for the shop's own."""
