"""The calls of the API that a back end makes, each in one place for both clients."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, Required, TypedDict, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from shopkeeper import __version__
from shopkeeper.client.answers import History, Merged, Product, Products, Receipt, Recommendation, Stored
from shopkeeper.client.errors import error_of, strange
from shopkeeper.client.events import EventKind, Ready
from shopkeeper.kit.errors import InvalidInput

T = TypeVar("T", bound=BaseModel)
Params = Mapping[str, str | int | Sequence[str]]


class RecentEvent(TypedDict, total=False):
    """Something the person just did, told with the request."""

    item_id: Required[str]
    type: EventKind
    at: str
    """ISO 8601 with a time zone."""


class Wish(TypedDict, total=False):
    """What can be asked of a list; the reference of `POST /v1/recommendations` says what each does."""

    scenario: str
    user_id: str | None
    visitor_id: str | None
    session_id: str | None
    recent: Sequence[str | RecentEvent]
    n: int
    model: str
    exclude_seen: bool | None
    filter: str
    boost: str
    exclude: Sequence[str]
    rank: Sequence[str] | None
    item_id: str | None
    items: Sequence[str]
    query: str
    diversity: float | Literal["none", "low", "medium", "high"]
    rotation: float
    fatigue: float
    calibration: float
    exploration: float
    personalization: float
    strict_filtering: bool
    return_fields: Sequence[str]
    next: str | None


class Address(TypedDict):
    """What httpx is told once, for all calls."""

    base_url: str
    headers: dict[str, str]


def address(url: str, api_key: str) -> Address:
    """Return where to ask and what to show there; InvalidInput for what is no address or key."""
    if not url.startswith(("http://", "https://")):
        raise InvalidInput(f"url: {url!r} is no address of a Shopkeeper; one is http://localhost:8000")
    if not (api_key.isascii() and api_key.isprintable()):
        raise InvalidInput("api_key: there is a character in it that no key has; a line break at its end, perhaps?")
    headers = {"Content-Type": "application/json", "User-Agent": f"shopkeeper/{__version__}"}
    return {"base_url": url, "headers": headers | ({"Authorization": f"Bearer {api_key}"} if api_key else {})}


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and what its answer is. Each may be sent again: the second time changes nothing."""

    answer: type[T]
    method: str
    path: str
    params: Params | None = None
    body: bytes | None = None
    headers: Mapping[str, str] | None = None

    def read(self, response: httpx.Response) -> T:
        """Return a good answer as what it is; ApiError otherwise."""
        if not response.is_success:
            raise error_of(response)
        try:
            return self.answer.model_validate_json(response.content)
        except ValidationError:
            raise strange(response) from None


def record(
    events: Iterable[Ready], *, partial: bool = True, validate_only: bool = False, create_products: bool = False
) -> Call[Receipt]:
    """Store events."""
    options = json.dumps({"partial": partial, "validate_only": validate_only, "create_products": create_products})
    body = b'%s, "events": [%s]}' % (options[:-1].encode(), b",".join(event.body for event in events))
    return Call(Receipt, "POST", "/v1/events", body=body)


def merge(user_id: str, visitor_id: str, at: datetime) -> Call[Merged]:
    """Join a visitor's past to a user's."""
    told = json.dumps({"visitor_id": visitor_id, "at": at.isoformat()})
    return Call(Merged, "POST", f"/v1/users/{quote(user_id, safe='')}/merge", body=told.encode())


def recommend(wish: Wish) -> Call[Recommendation]:
    """Ask for products for a person."""
    told = {name: value for name, value in wish.items() if value is not None}
    return Call(Recommendation, "POST", "/v1/recommendations", body=json.dumps(told).encode())


def put_products(products: Iterable[Product]) -> Call[Stored]:
    """Store products."""
    body = Products(products=list(products)).model_dump_json(exclude_none=True)
    return Call(Stored, "PUT", "/v1/products", body=body.encode())


def get_product(item_id: str) -> Call[Product]:
    """Ask for one product."""
    return Call(Product, "GET", f"/v1/products/{quote(item_id, safe='')}")


def find_products(text: str, limit: int) -> Call[Products]:
    """Search the catalogue."""
    return Call(Products, "GET", "/v1/products", params={"q": text, "limit": limit})


def history(
    user_id: str | None, visitor_id: str | None, limit: int, types: Sequence[EventKind] | None
) -> Call[History]:
    """Ask for what a person did."""
    told = {"user_id": user_id, "visitor_id": visitor_id, "limit": limit, "types": types}
    params = {name: value for name, value in told.items() if value is not None}
    return Call(History, "GET", "/v1/history", params=params)
