"""What the events service takes and gives."""

from datetime import datetime
from typing import Literal, Protocol, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

EventKind = Literal[
    "view", "favorite", "cart", "uncart", "purchase", "refund", "impression", "click", "search", "promotion"
]


class EventIn(BaseModel):
    """One event as the shop reports it."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    type: EventKind
    """What happened."""
    event_id: str | None = Field(None, min_length=1, max_length=200)
    """Makes a retry safe: the same id is stored once. Without one, the event is what it says, to the last field."""
    at: AwareDatetime | None = None
    """When, with a time zone; without it, now."""
    visitor_id: str | None = Field(None, min_length=1, max_length=200)
    """The browser or device. Either this or user_id must be there."""
    user_id: str | None = Field(None, min_length=1, max_length=200)
    """The customer, when known."""
    item_id: str | None = Field(None, min_length=1, max_length=200)
    """The product; only a search may be without."""
    quantity: int = Field(1, ge=1, le=1_000_000)
    """How many."""
    price_minor: int | None = Field(None, ge=0, le=2**53)
    """Price of one, in minor units (cents)."""
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$")
    """ISO 4217 code; needed with a price."""
    rating: float | None = Field(None, ge=-1000, le=1000)
    """An explicit rating."""
    session_id: str | None = Field(None, max_length=200)
    """The visit."""
    order_id: str | None = Field(None, max_length=200)
    """The order, of a purchase or refund."""
    query: str | None = Field(None, max_length=1000)
    """The words of a search."""
    recommendation_id: str | None = Field(None, max_length=200)
    """The answer that showed the product, so that lists can be judged by what came of them."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not (self.visitor_id or self.user_id):
            raise ValueError("visitor_id or user_id is needed: who was it?")
        if self.item_id is None and self.type != "search":
            raise ValueError(f"item_id is needed for a {self.type}: which product?")
        if (self.price_minor is None) != (self.currency is None):
            raise ValueError("price_minor and currency belong together")
        return self


class EventBatch(BaseModel):
    """Events to store, all or none."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    events: list[EventIn] = Field(min_length=1, max_length=1000)
    """At most a thousand."""


class Receipt(BaseModel):
    """What became of a batch; once this is given, the events are on disk."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    accepted: int
    """Stored now."""
    duplicates: int
    """Stored before."""
    event_ids: list[str]
    """The id of each event, in order."""


class EventOut(BaseModel):
    """One stored event."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    event_id: str
    """Its id."""
    type: str
    """What happened."""
    at: datetime
    """When, in UTC."""
    visitor_id: str
    user_id: str | None
    item_id: str | None
    quantity: int
    price_minor: int | None
    currency: str | None
    rating: float | None
    session_id: str | None
    order_id: str | None
    query: str | None
    recommendation_id: str | None


class History(BaseModel):
    """What one person did, newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    events: list[EventOut]
    """Newest first."""


class Shopper(BaseModel):
    """One person."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    shopper_id: str
    """User id when known, else visitor id."""
    events: int
    """Number of stored events."""


class Shoppers(BaseModel):
    """The most active persons, most active first."""

    shoppers: list[Shopper]


class Events(Protocol):
    """The events service."""

    async def record(self, batch: EventBatch) -> Receipt:
        """Store a batch, all or none; an event from the future is refused."""

    async def history(self, shopper_id: str, *, limit: int = 50) -> History:
        """Return the newest events of a user or visitor."""

    async def shoppers(self, *, limit: int = 50) -> Shoppers:
        """Return the most active users and visitors."""
