"""One thing that happened in the shop."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from hashlib import md5, sha256

import numpy as np

from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import UnknownName
from shopkeeper.kit.money import Money


class EventType(IntEnum):
    """What happened. The numbers are stored: never renumber, only append."""

    VIEW = 0
    FAVORITE = 1
    CART = 2
    UNCART = 3
    PURCHASE = 4
    REFUND = 5
    IMPRESSION = 6
    CLICK = 7
    SEARCH = 8
    PROMOTION = 9

    @property
    def label(self) -> str:
        """The lower-case word that files and the API use."""
        return self.name.lower()


# Types that say a person turned to a product; the others are context, exposure or a step back.
INTERACTIONS = (EventType.VIEW, EventType.FAVORITE, EventType.CART, EventType.PURCHASE, EventType.CLICK)


def type_of(label: str) -> EventType:
    """Return the type of a label; UnknownName if there is none."""
    known = {kind.label: kind for kind in EventType}
    if label not in known:
        raise UnknownName("event type", label, known)
    return known[label]


def types_of(labels: str) -> tuple[EventType, ...]:
    """Return the types named in a list separated by commas; where none is named, all that are interactions."""
    return tuple(type_of(label.strip()) for label in labels.split(",") if label.strip()) or INTERACTIONS


# An order of nobody known: its visitor_id is this prefix and the order's number, and it never comes back.
GUEST_PREFIX = "guest:"
# Something that was done by somebody who allows nothing: each is alone, and of nobody.
NOBODY = f"{GUEST_PREFIX}nobody:"
# What a page says anybody can say: ids of such events begin with this, so that they can be told apart and weighed less.
PAGE_PREFIX = "page:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. `event_id` makes it idempotent: the same id is stored once."""

    event_id: str
    type: EventType
    at: datetime
    visitor_id: str
    user_id: str | None = None
    item_id: str | None = None
    quantity: int = 1
    price: Money | None = None
    rating: float | None = None
    session_id: str | None = None
    order_id: str | None = None
    query: str | None = None
    recommendation_id: str | None = None
    n_results: int | None = None

    @property
    def shopper_id(self) -> str:
        """The person as far as the shop knows: the user when known, else the visitor."""
        return self.user_id or self.visitor_id

    @property
    def is_of_page(self) -> bool:
        """Tell whether only a browser says so."""
        return self.event_id.startswith(PAGE_PREFIX)

    def of_nobody(self) -> "Event":
        """Return what happened without who did it, in the hour in which it did, alone for itself.

        What could join it to another event of the same person is left out; sent again, it is the same event.
        """
        name = NOBODY + sha256(self.event_id.encode()).hexdigest()
        return replace(
            self,
            event_id=PAGE_PREFIX + name if self.is_of_page else name,
            at=self.at.replace(minute=0, second=0, microsecond=0),
            visitor_id=name,
            user_id=None,
            session_id=None,
            order_id=None,
            query=None,
            recommendation_id=None,
        )

    def identified(self) -> "Event":
        """Return the event under the id that its content gives it: the MD5 of its fields but the last two.

        An import makes the same id of the same row (decision 4), so that what was posted and imported is one event.
        """
        fields = (
            int(self.type),
            to_us(self.at),
            self.visitor_id,
            self.user_id,
            self.item_id,
            self.quantity,
            None if self.price is None else self.price.minor,
            None if self.price is None else self.price.currency,
            # As a 32-bit number prints, which is how ratings are stored.
            None if self.rating is None else np.float32(self.rating),
            self.session_id,
            self.order_id,
            self.query,
        )
        text = "\x1f".join("" if field is None else str(field) for field in fields)
        return replace(self, event_id=md5(text.encode(), usedforsecurity=False).hexdigest())
