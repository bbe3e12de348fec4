"""What the events service takes and gives."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Literal, Protocol, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

from shopkeeper.data.events import EventType
from shopkeeper.data.quarantine import Verdict
from shopkeeper.data.trail import Trail

EventKind = Literal[
    "view", "favorite", "cart", "uncart", "purchase", "refund", "impression", "click", "search", "promotion"
]


class EventIn(BaseModel):
    """One event as the shop reports it."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    type: EventKind
    """What happened."""
    event_id: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    """Makes a retry safe: the same id is stored once. Without one, the event is what it says, to the last field."""
    at: AwareDatetime | None = None
    """When, with a time zone, from 1970 to a day ahead; without it, now."""
    visitor_id: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    """The browser or device. Either this or user_id must be there."""
    user_id: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    """The customer, when known."""
    item_id: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    """The product; only a search may be without."""
    quantity: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    """How many."""
    price_minor: Annotated[int | None, Field(ge=0, le=2**53)] = None
    """Price of one, in minor units (cents)."""
    currency: Annotated[str | None, Field(pattern=r"^[A-Z]{3}$")] = None
    """ISO 4217 code; needed with a price."""
    rating: Annotated[float | None, Field(ge=-1000, le=1000)] = None
    """An explicit rating."""
    session_id: Annotated[str | None, Field(max_length=200)] = None
    """The visit."""
    order_id: Annotated[str | None, Field(max_length=200)] = None
    """The order, of a purchase or refund."""
    query: Annotated[str | None, Field(max_length=1000)] = None
    """The words of a search."""
    recommendation_id: Annotated[str | None, Field(max_length=200)] = None
    """The answer that showed the product, so that lists can be judged by what came of them."""
    n_results: Annotated[int | None, Field(ge=0, le=1_000_000_000)] = None
    """How many products a search found; 0 where it found nothing."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not (self.visitor_id or self.user_id):
            raise ValueError("visitor_id or user_id is needed: who was it?")
        if self.item_id is None and self.type != "search":
            raise ValueError(f"item_id is needed for a {self.type}: which product?")
        if self.n_results is not None and self.type != "search":
            raise ValueError(f"n_results belongs to a search, and not to a {self.type}")
        if (self.price_minor is None) != (self.currency is None):
            raise ValueError("price_minor and currency belong together")
        return self


# What is no event is let in as it stands, so that the service can say of each what is wrong with it.
AnyEvent = Annotated[EventIn | dict[str, JsonValue], Field(union_mode="left_to_right")]


class EventBatch(BaseModel):
    """Events to store, all or none unless `partial`."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    events: Annotated[Sequence[AnyEvent], Field(min_length=1, max_length=1000)]
    """At most a thousand."""
    partial: bool = False
    """Store those that can be used, and say of the others in `errors` why they cannot."""
    validate_only: bool = False
    """Check everything and store nothing."""
    of_nobody: bool = False
    """Store them without who did them, as is done with those of who allows nothing."""
    create_products: bool = False
    """Put products that the catalogue does not know into it, under their id as title, to be described later."""


class EventProblem(BaseModel):
    """Why one event of a batch cannot be used."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    index: int
    """Its place in the batch, from 0."""
    detail: str
    """Which field, what is wrong with it."""


class Receipt(BaseModel):
    """What became of a batch; once this is given, the events are on disk."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    accepted: int
    """Stored now."""
    duplicates: int
    """Stored before; and events of somebody who was erased, which are not stored."""
    event_ids: list[str | None]
    """The id of each event, in order; null for one that cannot be used."""
    errors: list[EventProblem] = []
    """Of a partial batch: the events that cannot be used."""
    ignored: int = 0
    """Of a foreign body: calls that say nothing of a product."""


class MergeRequest(BaseModel):
    """Who a user was before signing in."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    visitor_id: Annotated[str, Field(min_length=1, max_length=200)]
    """The browser or device."""
    at: AwareDatetime | None = None
    """When the user signed in, with a time zone; without it, now."""


class Merged(BaseModel):
    """What is known now."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    user_id: str
    """The user."""
    visitor_id: str
    """Whose past is the user's."""
    at: datetime
    """Up to when, in UTC."""


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
    """The browser or device."""
    user_id: str | None
    """The customer, when known."""
    item_id: str | None
    """The product."""
    quantity: int
    """How many."""
    price_minor: int | None
    """Price of one, in minor units."""
    currency: str | None
    """ISO 4217 code."""
    rating: float | None
    """An explicit rating."""
    session_id: str | None
    """The visit."""
    order_id: str | None
    """The order."""
    query: str | None
    """The words of a search."""
    recommendation_id: str | None
    """The answer that showed the product."""
    n_results: int | None
    """How many products a search found."""


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
    """The most active persons."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    shoppers: list[Shopper]
    """Most active first."""


class ProductEvents(BaseModel):
    """One product."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    item_id: str
    """The product."""
    events: int
    """Number of events about it."""


class Traffic(BaseModel):
    """The products that most happened with."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    products: list[ProductEvents]
    """Most events first."""


class Held(BaseModel):
    """Somebody who looks as if made up."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    shopper_id: str
    """User id when known, else visitor id."""
    found_at: datetime
    """When they were found."""
    why: str
    """What speaks against them."""
    items: list[str]
    """What they lifted, among others."""
    odds: float
    """Natural logarithm of the odds that they are a fake."""
    verdict: Verdict
    """suspected and confirmed: models learn without them; released: they learn from them again."""
    judged_at: datetime | None
    """When an operator said so."""


class Quarantine(BaseModel):
    """Who is in question, and who was."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    people: list[Held]
    """Highest odds first."""


class Judgement(BaseModel):
    """What an operator says of somebody in question."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    verdict: Literal["confirmed", "released"]
    """confirmed: a fake; released: a person, which counts from the next fit on, whatever is found later."""


class Events(Protocol):
    """The events service."""

    async def record(self, batch: EventBatch) -> Receipt:
        """Store a batch, all or none unless it is partial; an event from the future, or before 1970, is refused."""

    async def merge(self, user_id: str, request: MergeRequest) -> Merged:
        """Join what a visitor did before a user signed in to the user's history; again is harmless."""

    async def history(
        self, shopper_id: str, *, limit: int = 50, types: Collection[EventType] = tuple(EventType)
    ) -> History:
        """Return the newest events of these types of a user or visitor."""

    async def trail(
        self, shopper_id: str, *, limit: int = 50, types: Collection[EventType] = tuple(EventType)
    ) -> Trail:
        """Return the same as columns, oldest first: what lists are made from."""

    async def shoppers(self, *, limit: int = 50) -> Shoppers:
        """Return the most active users and visitors."""

    async def traffic(
        self, *, days: int | None = None, limit: int = 1000, types: Collection[EventType] = tuple(EventType)
    ) -> Traffic:
        """Return the products that most events of these types are about, of the last days or of all time."""

    async def quarantine(self) -> Quarantine:
        """Return who is in question, and who was."""

    async def judge(self, shopper_id: str, judgement: Judgement) -> Held:
        """Note what an operator says of somebody in question; NotFound for anybody else."""
