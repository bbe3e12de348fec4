"""Telling what happened: the same for both clients, since it only puts events into the buffer."""

from abc import ABC, abstractmethod
from typing import Unpack

from shopkeeper.client.events import About, Event, EventKind, Ready, ready
from shopkeeper.kit.clock import utc_now


class Tracking(ABC):
    """Methods that accept an event to be sent soon, and return its id; InvalidInput for what is no event.

    They never wait for the server.
    """

    @abstractmethod
    def _accept(self, event: Ready) -> None:
        """Put an event into the buffer."""

    def track(self, kind: EventKind, item_id: str | None = None, **about: Unpack[About]) -> str:
        """Tell of any event."""
        event = ready(Event(type=kind, item_id=item_id, **about), utc_now())
        self._accept(event)
        return event.event_id

    def view(self, item_id: str, **about: Unpack[About]) -> str:
        """Tell that a product's page was looked at."""
        return self.track("view", item_id, **about)

    def favorite(self, item_id: str, **about: Unpack[About]) -> str:
        """Tell that a product was put on a list of wishes."""
        return self.track("favorite", item_id, **about)

    def cart(self, item_id: str, **about: Unpack[About]) -> str:
        """Tell that a product was put into the cart."""
        return self.track("cart", item_id, **about)

    def uncart(self, item_id: str, **about: Unpack[About]) -> str:
        """Tell that a product was taken out of the cart."""
        return self.track("uncart", item_id, **about)

    def purchase(self, item_id: str, **about: Unpack[About]) -> str:
        """Tell that a product was bought; one call for each line of an order, with its `order_id`."""
        return self.track("purchase", item_id, **about)

    def refund(self, item_id: str, **about: Unpack[About]) -> str:
        """Tell that a product was given back."""
        return self.track("refund", item_id, **about)

    def impression(self, item_id: str, **about: Unpack[About]) -> str:
        """Tell that a product was seen in a list; `recommendation_id` says in which."""
        return self.track("impression", item_id, **about)

    def click(self, item_id: str, **about: Unpack[About]) -> str:
        """Tell that a product was chosen from a list; `recommendation_id` says from which."""
        return self.track("click", item_id, **about)

    def search(self, **about: Unpack[About]) -> str:
        """Tell that the words of `query` were searched for."""
        return self.track("search", **about)
