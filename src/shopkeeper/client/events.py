"""What can be told: events, checked and given their id and time before the first try."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple, Required, TypedDict, get_args
from uuid import uuid4

from shopkeeper.kit.errors import InvalidInput

EventKind = Literal[
    "view", "favorite", "cart", "uncart", "purchase", "refund", "impression", "click", "search", "promotion"
]


class About(TypedDict, total=False):
    """What can be said of an event besides its type and product; None says nothing."""

    visitor_id: str | None
    user_id: str | None
    session_id: str | None
    recommendation_id: str | None
    quantity: int | None
    price_minor: int | None
    currency: str | None
    rating: float | None
    order_id: str | None
    query: str | None
    n_results: int | None
    at: datetime | None
    event_id: str | None


class Event(About, total=False):
    """One event, as `POST /v1/events` takes it."""

    type: Required[EventKind]
    item_id: str | None


class Ready(NamedTuple):
    """An event that can be sent, as often as it takes."""

    event_id: str
    body: bytes


_NAMES = Event.__annotations__.keys()


def ready(event: Event, now: datetime) -> Ready:
    """Return an event with an id and a time, as JSON; InvalidInput for what no server would take.

    Limits of single fields are the server's affair: it says in its answer what is beyond them.
    """
    said: Mapping[str, object] = event
    if unknown := sorted(said.keys() - _NAMES):
        raise InvalidInput(f"an event has no {', '.join(unknown)}; it can have {', '.join(_NAMES)}")
    if (kind := event.get("type")) not in get_args(EventKind):
        raise InvalidInput(f"type: there is no event {kind!r}; there are {', '.join(get_args(EventKind))}")
    if not (event.get("visitor_id") or event.get("user_id")):
        raise InvalidInput(f"visitor_id or user_id is needed for a {kind}: who was it?")
    if not event.get("item_id") and kind != "search":
        raise InvalidInput(f"item_id is needed for a {kind}: which product?")
    at = event.get("at") or now
    if at.tzinfo is None:
        raise InvalidInput(f"at: {at} has no time zone; give an aware datetime")
    event_id = event.get("event_id") or uuid4().hex
    told = {name: value for name, value in said.items() if value is not None}
    try:
        body = json.dumps(told | {"event_id": event_id, "at": at.isoformat()}, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"the {kind} of {event.get('item_id')!r} cannot be written as JSON: {error}") from error
    return Ready(event_id, body)
