"""What a shop's back end uses to talk to a running Shopkeeper: `Client`, and `AsyncClient` for asyncio.

It knows the wire and nothing of the engine: importing it loads httpx and pydantic, and no numpy.
"""

from shopkeeper.client.answers import (
    EventProblem,
    History,
    Merged,
    Product,
    Products,
    Receipt,
    Recommendation,
    RecommendedItem,
    Stored,
    StoredEvent,
    Variant,
)
from shopkeeper.client.asynchronous import AsyncClient
from shopkeeper.client.coupons import (
    Back,
    Cart,
    CartLine,
    CouponAnswer,
    DecideAnswer,
    DecisionOut,
    IssueAnswer,
    IssuedCoupon,
    Reduction,
    Refusal,
    ReverseAnswer,
)
from shopkeeper.client.errors import ApiError, ClientError, NoAnswer
from shopkeeper.client.events import About, Event, EventKind
from shopkeeper.client.requests import RecentEvent, Wish
from shopkeeper.client.signing import sign_user
from shopkeeper.client.synchronous import Client

__all__ = [
    "About",
    "ApiError",
    "AsyncClient",
    "Back",
    "Cart",
    "CartLine",
    "Client",
    "ClientError",
    "CouponAnswer",
    "DecideAnswer",
    "DecisionOut",
    "Event",
    "EventKind",
    "EventProblem",
    "History",
    "IssueAnswer",
    "IssuedCoupon",
    "Merged",
    "NoAnswer",
    "Product",
    "Products",
    "Receipt",
    "RecentEvent",
    "Recommendation",
    "RecommendedItem",
    "Reduction",
    "Refusal",
    "ReverseAnswer",
    "Stored",
    "StoredEvent",
    "Variant",
    "Wish",
    "sign_user",
]
