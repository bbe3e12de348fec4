"""What comes back: each field a client needs, whatever else a newer server adds.

They are not the services' own models, which stand on the engine (decision 12); a test holds one to the other.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """What a server says; it does not change."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


Attribute = bool | int | float | str | list[str]


class Variant(Answer):
    """One of the forms in which a product is sold, such as a size."""

    variant_id: str
    """The shop's own id of it."""
    attributes: dict[str, Attribute] = {}
    """What sets it apart, by name."""
    price_minor: int | None = None
    """Price in minor units, where it is not the product's."""
    currency: str | None = None
    """ISO 4217 code; needed with a price."""
    stock: int | None = None
    """Pieces left; without it, they are not counted."""


class Product(Answer):
    """One product: what is put into the catalogue, and what it gives. The server says what it cannot use."""

    # What a newer server says of a product is not lost when it is put back.
    model_config = ConfigDict(extra="allow")

    item_id: str
    """The shop's own id."""
    title: str
    """What customers call it."""
    description: str = ""
    """The text of its page."""
    brand: str | None = None
    """Its brand."""
    categories: list[str] = []
    """Paths from the root, levels joined by ` > `."""
    tags: list[str] = []
    """The shop's own tags."""
    attributes: dict[str, Attribute] = {}
    """What else there is to say, by name."""
    price_minor: int | None = None
    """Price in minor units (cents)."""
    currency: str | None = None
    """ISO 4217 code; needed with a price."""
    url: str | None = None
    """Its page."""
    image_url: str | None = None
    """Its picture."""
    available: bool = True
    """Whether it is sold at all."""
    available_from: datetime | None = None
    """It cannot be bought before this time."""
    available_until: datetime | None = None
    """It cannot be bought from this time on."""
    stock: int | None = None
    """Pieces left, 0: sold out; without it, they are not counted."""
    variants: list[Variant] = []
    """Its forms; when each has a stock of 0, it is sold out."""
    created_at: datetime | None = None
    """Since when the shop has it."""


class Products(Answer):
    """Products."""

    products: list[Product]
    """In the order of the answer."""


class Stored(Answer):
    """What became of products."""

    stored: int
    """How many."""


class EventProblem(Answer):
    """Why one event of a batch cannot be used."""

    index: int
    """Its place in the batch, from 0."""
    detail: str
    """Which field, what is wrong with it."""


class Receipt(Answer):
    """What became of a batch; once this is given, the events are on disk."""

    accepted: int
    """Stored now."""
    duplicates: int
    """Stored before."""
    event_ids: list[str | None]
    """The id of each event, in order; None for one that cannot be used."""
    errors: list[EventProblem] = []
    """Of a partial batch: the events that cannot be used."""


class StoredEvent(Answer):
    """One stored event."""

    event_id: str
    """Its id."""
    type: str
    """What happened."""
    at: datetime
    """When, in UTC."""
    visitor_id: str
    """The browser or device."""
    user_id: str | None = None
    """The customer, when known."""
    item_id: str | None = None
    """The product."""
    quantity: int = 1
    """How many."""
    price_minor: int | None = None
    """Price of one, in minor units."""
    currency: str | None = None
    """ISO 4217 code."""
    rating: float | None = None
    """An explicit rating."""
    session_id: str | None = None
    """The visit."""
    order_id: str | None = None
    """The order."""
    query: str | None = None
    """The words of a search."""
    recommendation_id: str | None = None
    """The answer that showed the product."""
    n_results: int | None = None
    """How many products a search found."""


class History(Answer):
    """What one person did."""

    events: list[StoredEvent]
    """Newest first."""


class Merged(Answer):
    """What is known of a user now."""

    user_id: str
    """The user."""
    visitor_id: str
    """Whose past is the user's."""
    at: datetime
    """Up to when, in UTC."""


class RecommendedItem(Answer):
    """One product of a list."""

    item_id: str
    """The product."""
    position: int
    """Its place in the list, from 1; on a later page, the count goes on."""
    title: str
    """Its title; its id where the catalogue does not know it."""
    price_minor: int | None = None
    """Price in minor units."""
    currency: str | None = None
    """ISO 4217 code."""
    image_url: str | None = None
    """Its picture."""
    score: float
    """Higher is better; comparable within one source only."""
    source: str
    """What found it."""
    reason: str
    """Which kind of reason; a newer server may know more kinds."""
    text: str
    """The reason as a sentence."""
    rules: list[str] = []
    """Names of the rules that were about it."""
    matches_filter: bool = True
    """False: it fills a list for which the filter left too few."""
    fields: dict[str, str | float | bool | list[str] | None] = {}
    """The fields that were asked for."""


class Recommendation(Answer):
    """A list of products for one person."""

    recommendation_id: str
    """Name it in the events that follow, so that the list can be judged by what came of it."""
    scenario: str
    """The scenario that was asked."""
    model: str
    """The model that was asked."""
    model_version: str
    """Its version."""
    reason: str
    """personal; popular: nothing is known of this person, or nothing that leads to a product; empty: see detail."""
    detail: str | None = None
    """Why there are no products, or fewer than asked for."""
    items: list[RecommendedItem]
    """Best first."""
    next: str | None = None
    """Give it back for the next page, without repeats; None when there is no more."""
