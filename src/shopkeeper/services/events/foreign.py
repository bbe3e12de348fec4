"""What Google Analytics 4 and Segment are told, as our events: their bodies are taken as they are.

Each product of each call becomes an event. What is said beyond it is left out, and calls that say nothing of a product,
such as page_view, are counted as ignored.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

from shopkeeper.data.analytics import GA4, SEGMENT
from shopkeeper.data.events import EventType
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.money import Money
from shopkeeper.services.events.contract import EventBatch, MergeRequest

_MOST = 1000

Json = dict[str, JsonValue]


class Translated(NamedTuple):
    """Foreign calls in our words."""

    batch: EventBatch | None
    """None where nothing is left."""
    ignored: int
    """Calls that say nothing of a product."""
    merges: tuple[tuple[str, MergeRequest], ...] = ()
    """Users, each with who they were before signing in."""


class Ga4Event(BaseModel):
    """One event."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: Annotated[str, Field(min_length=1, max_length=100)]
    """What happened, in GA4's words."""
    timestamp_micros: Annotated[int | None, Field(ge=0, le=2**53)] = None
    """When, in microseconds since 1970; else what the body says."""
    params: Json = {}
    """`items`, `currency`, `transaction_id`, `search_term`, `session_id`."""


class Ga4Body(BaseModel):
    """A body of GA4's Measurement Protocol."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    client_id: Annotated[str | None, Field(max_length=200)] = None
    """The browser: our visitor_id."""
    user_id: Annotated[str | None, Field(max_length=200)] = None
    """The customer, when known."""
    timestamp_micros: Annotated[int | None, Field(ge=0, le=2**53)] = None
    """When, in microseconds since 1970, unless an event says it; else now."""
    events: Annotated[list[Ga4Event], Field(min_length=1, max_length=25)]
    """At most 25."""

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not (self.client_id or self.user_id):
            raise ValueError("client_id or user_id is needed: who was it?")
        return self


class SegmentCall(BaseModel):
    """One call of Segment's tracking API."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: Annotated[str, Field(max_length=50)] = "track"
    """`track`; `identify` with both ids joins the visitor's past to the user's; others are ignored."""
    event: Annotated[str, Field(max_length=200)] = ""
    """What happened, in the words of Segment's ecommerce specification."""
    messageId: Annotated[str | None, Field(max_length=100)] = None  # noqa: N815 - Segment's word
    """Makes a retry safe."""
    anonymousId: Annotated[str | None, Field(max_length=200)] = None  # noqa: N815 - Segment's word
    """The browser: our visitor_id."""
    userId: Annotated[str | None, Field(max_length=200)] = None  # noqa: N815 - Segment's word
    """The customer, when known."""
    timestamp: AwareDatetime | None = None
    """When, with a time zone; else now."""
    properties: Json = {}
    """`product_id` or `products`, `price`, `quantity`, `currency`, `order_id`, `query`."""
    context: Json = {}
    """`sessionId`."""


class SegmentBody(BaseModel):
    """A body of Segment's batch API."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    batch: Annotated[list[SegmentCall], Field(min_length=1, max_length=500)]
    """At most 500."""


def from_ga4(body: Ga4Body) -> Translated:
    """Translate a body of GA4; without timestamps a retry cannot be told from a second event."""
    events: list[Json] = []
    ignored = 0
    for one in body.events:
        at, params = one.timestamp_micros or body.timestamp_micros, one.params
        about: Json = {
            "type": _label(GA4, one.name),
            "at": None if at is None else datetime.fromtimestamp(at / 1e6, UTC).isoformat(),
            "visitor_id": body.client_id,
            "user_id": body.user_id,
            "session_id": _word(params.get("session_id") or params.get("ga_session_id")),
            "order_id": _word(params.get("transaction_id")),
            "query": params.get("search_term"),
        }
        found = [about | product for product in _products(params, params.get("items"), "item_id")]
        ignored += not _add(events, about, found)
    return Translated(_batch(events), ignored)


def from_segment(body: SegmentBody) -> Translated:
    """Translate a body of Segment; the event ids are its message ids, numbered where a call has several products."""
    events, merges = list[Json](), list[tuple[str, MergeRequest]]()
    ignored = 0
    for call in body.batch:
        params = call.properties
        about: Json = {
            "type": _label(SEGMENT, call.event.strip().lower()) if call.type == "track" else None,
            "at": call.timestamp.isoformat() if call.timestamp else None,
            "visitor_id": call.anonymousId,
            "user_id": call.userId,
            "session_id": _word(call.context.get("sessionId")),
            "order_id": _word(params.get("order_id")),
            "query": params.get("query"),
        }
        found = [
            about | product for product in _products(params, params.get("products") or [params], "product_id", "sku")
        ]
        first = len(events)
        if call.type == "identify" and call.userId and call.anonymousId:
            request = MergeRequest.model_validate({"visitor_id": call.anonymousId, "at": call.timestamp})
            merges.append((call.userId, request))
            continue
        ignored += not _add(events, about, found)
        told = events[first:]
        for place, event in enumerate(told, start=1):
            # As the import of such a call names it, so that what was posted is not imported once more.
            event["event_id"] = call.messageId and call.messageId + (f":{place}" if len(told) > 1 else "")
    return Translated(_batch(events), ignored, tuple(merges))


def _label(kinds: Mapping[str, EventType], name: str) -> str | None:
    kind = kinds.get(name)
    return None if kind is None else kind.label


def _batch(events: list[Json]) -> EventBatch | None:
    if len(events) > _MOST:
        raise InvalidInput(f"the body tells of {len(events):,} products, and at most {_MOST:,} are taken at once")
    return EventBatch(events=list(events), partial=True) if events else None


def _add(events: list[Json], about: Json, found: list[Json]) -> bool:
    """Add what was found, a search even without a product; say whether there was anything."""
    if about["type"] is None:
        return False
    found = found or ([about] if about["type"] == "search" else [])
    events += ({name: value for name, value in event.items() if value is not None} for event in found)
    return bool(found)


def _products(params: Json, listed: JsonValue, *id_names: str) -> Iterable[Json]:
    """Return what is said of each product that has an id."""
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and (item_id := next((one[name] for name in id_names if one.get(name)), None)):
            yield {
                "item_id": _word(item_id),
                "quantity": one.get("quantity", 1),
                **_price(one.get("price"), one.get("currency") or params.get("currency")),
            }


def _price(price: JsonValue, currency: JsonValue) -> Json:
    if not isinstance(price, int | float | str) or not isinstance(currency, str) or not currency:
        return {}
    try:
        return {"price_minor": Money.parse(price, currency.upper()).minor, "currency": currency.upper()}
    except InvalidInput:
        # The events service says what is wrong with it, and where.
        return {"price_minor": str(price), "currency": currency}


def _word(value: JsonValue) -> JsonValue:
    """Return a number as the text that our ids are."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
