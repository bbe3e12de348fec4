"""Receive events once, and tell what a person did."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.money import Money
from shopkeeper.ports import EventStore, OffLoop
from shopkeeper.services.events.contract import EventBatch, EventIn, EventOut, History, Receipt, Shopper, Shoppers

_TOLERANCE = timedelta(days=1)
"""How far ahead a shop's clock may run, zones confused included."""
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""As for imports."""


class EventsService:
    """The events service over a store."""

    def __init__(self, store: EventStore, clock: Clock, off_loop: OffLoop) -> None:
        self._store, self._clock, self._off_loop = store, clock, off_loop

    async def record(self, batch: EventBatch) -> Receipt:
        """Store a batch, all or none; an event from the future, or from before 1970, is refused."""
        now = self._clock()
        events = [self._event(event, now, place) for place, event in enumerate(batch.events)]
        is_new = await self._off_loop(lambda: self._store.append(events))
        return Receipt(
            accepted=sum(is_new),
            duplicates=len(is_new) - sum(is_new),
            event_ids=[event.event_id for event in events],
        )

    def _event(self, given: EventIn, now: datetime, place: int) -> Event:
        at = given.at or now
        if at > now + _TOLERANCE:
            raise InvalidInput(f"events[{place}].at is {at.isoformat()}, in the future; nothing was stored.")
        if at < _EARLIEST:
            raise InvalidInput(f"events[{place}].at is {at.isoformat()}, before 1970; nothing was stored.")
        price = None if given.price_minor is None else Money(given.price_minor, given.currency or "")
        event = Event(
            event_id=given.event_id or "",
            type=EventType[given.type.upper()],
            at=at,
            visitor_id=given.visitor_id or given.user_id or "",
            user_id=given.user_id,
            item_id=given.item_id,
            quantity=given.quantity,
            price=price,
            rating=given.rating,
            session_id=given.session_id,
            order_id=given.order_id,
            query=given.query,
            recommendation_id=given.recommendation_id,
        )
        return event if event.event_id else event.identified()

    async def history(
        self, shopper_id: str, *, limit: int = 50, types: Collection[EventType] = tuple(EventType)
    ) -> History:
        """Return the newest events of these types of a user or visitor."""
        events = await self._off_loop(lambda: self._store.history(shopper_id, limit=limit, types=types))
        return History(events=[_told(event) for event in reversed(events)])

    async def shoppers(self, *, limit: int = 50) -> Shoppers:
        """Return the most active users and visitors."""
        people = await self._off_loop(lambda: self._store.shoppers(limit=limit))
        return Shoppers(shoppers=[Shopper(shopper_id=who, events=count) for who, count in people])


def _told(event: Event) -> EventOut:
    return EventOut(
        event_id=event.event_id,
        type=event.type.label,
        at=event.at,
        visitor_id=event.visitor_id,
        user_id=event.user_id,
        item_id=event.item_id,
        quantity=event.quantity,
        price_minor=event.price.minor if event.price else None,
        currency=event.price.currency if event.price else None,
        rating=event.rating,
        session_id=event.session_id,
        order_id=event.order_id,
        query=event.query,
        recommendation_id=event.recommendation_id,
    )
