"""Receive events once, and tell what a person did."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue, ValidationError

from shopkeeper.data.events import Event, EventType
from shopkeeper.data.merges import Merge
from shopkeeper.data.quarantine import Case
from shopkeeper.data.trail import Trail
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.money import Money
from shopkeeper.ports import EventStore, MergeStore, OffLoop
from shopkeeper.ports.quarantine import QuarantineStore
from shopkeeper.services.catalog.contract import Catalog, ProductModel, Products
from shopkeeper.services.events.appending import GroupedAppends
from shopkeeper.services.events.contract import (
    EventBatch,
    EventIn,
    EventOut,
    EventProblem,
    Held,
    History,
    Judgement,
    Merged,
    MergeRequest,
    ProductEvents,
    Quarantine,
    Receipt,
    Shopper,
    Shoppers,
    Traffic,
)
from shopkeeper.services.people.contract import JoinRequest, People
from shopkeeper.web.errors import faults

_TOLERANCE = timedelta(days=1)
"""How far ahead a shop's clock may run, zones confused included."""
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""As for imports."""
_TYPES = {kind.label: kind for kind in EventType}


class EventsService:
    """The events service over a store."""

    def __init__(
        self,
        store: EventStore,
        merges: MergeStore,
        catalog: Catalog,
        people: People,
        quarantine: QuarantineStore,
        clock: Clock,
        off_loop: OffLoop,
        together: OffLoop,
    ) -> None:
        """Store what comes; trails are read `together` with what else is short."""
        self._store, self._merges, self._catalog, self._people = store, merges, catalog, people
        self._quarantine, self._clock, self._off_loop, self._together = quarantine, clock, off_loop, together
        self._appends = GroupedAppends(store, off_loop)

    async def record(self, batch: EventBatch) -> Receipt:
        """Store a batch, all or none unless it is partial; an event from the future, or before 1970, is refused."""
        now, usable, errors = self._clock(), dict[int, Event](), list[EventProblem]()
        for place, given in enumerate(batch.events):
            try:
                usable[place] = _event(given, now)
            except InvalidInput as error:
                errors.append(EventProblem(index=place, detail=str(error)))
        if errors and not batch.partial:
            told = "; ".join(f"events[{one.index}].{one.detail}" for one in errors)
            raise InvalidInput(f"{told}; nothing was stored.")
        events, is_new = list(usable.values()), list[bool]()
        if events and not batch.validate_only:
            if batch.create_products:
                await self._create(dict.fromkeys(event.item_id for event in events if event.item_id))
            is_new = await self._appends.append(await self._allowed(events, of_nobody=batch.of_nobody))
        return Receipt(
            accepted=sum(is_new),
            duplicates=len(is_new) - sum(is_new),
            event_ids=[usable[place].event_id if place in usable else None for place in range(len(batch.events))],
            errors=errors,
        )

    async def _allowed(self, events: Sequence[Event], *, of_nobody: bool) -> list[Event]:
        """Return the events as they may be stored: those of who allows nothing are nobody's.

        Unavailable while nobody can tell: kept by whoever sent them, they are neither lost nor stored against a no.
        """
        whose = list(map(_names, events))
        people = list(dict.fromkeys(whose))
        standings = [] if of_nobody else await self._people.standings(people)
        known = {who for who, standing in zip(people, standings, strict=False) if standing.allowed}
        return [event if names in known else event.of_nobody() for event, names in zip(events, whose, strict=True)]

    async def _create(self, item_ids: Iterable[str]) -> None:
        """Put those into the catalogue that it does not know."""
        asked = list(item_ids)
        known = await self._catalog.get_many(asked)
        if missing := [ProductModel(item_id=item_id, title=item_id) for item_id in asked if item_id not in known]:
            await self._catalog.put(Products(products=missing))

    async def merge(self, user_id: str, request: MergeRequest) -> Merged:
        """Join what a visitor did before a user signed in to the user's history; again is harmless."""
        if user_id == request.visitor_id:
            raise InvalidInput(f"visitor_id and user_id are both {user_id!r}: whose past is it?")
        now = self._clock()
        merge = Merge(request.visitor_id, user_id, _usual(request.at or now, now))
        # First what the visitor refused: between the two, nothing of it may be used as the user's.
        await self._people.join(user_id, JoinRequest(visitor_id=request.visitor_id))
        await self._off_loop(lambda: self._merges.add(merge))
        return Merged(user_id=user_id, visitor_id=merge.visitor_id, at=merge.at)

    async def history(
        self, shopper_id: str, *, limit: int = 50, types: Collection[EventType] = tuple(EventType)
    ) -> History:
        """Return the newest events of these types of a user or visitor."""
        events = await self._off_loop(lambda: self._store.history(shopper_id, limit=limit, types=types))
        return History(events=[_told(event) for event in reversed(events)])

    async def trail(
        self, shopper_id: str, *, limit: int = 50, types: Collection[EventType] = tuple(EventType)
    ) -> Trail:
        """Return the same as columns, oldest first: what lists are made from."""
        return await self._together(lambda: self._store.trail(shopper_id, limit=limit, types=types))

    async def shoppers(self, *, limit: int = 50) -> Shoppers:
        """Return the most active users and visitors."""
        people = await self._off_loop(lambda: self._store.shoppers(limit=limit))
        return Shoppers(shoppers=[Shopper(shopper_id=who, events=count) for who, count in people])

    async def traffic(
        self, *, days: int | None = None, limit: int = 1000, types: Collection[EventType] = tuple(EventType)
    ) -> Traffic:
        """Return the products that most events of these types are about, of the last days or of all time."""
        since = None if days is None else self._clock() - timedelta(days=days)
        found = await self._off_loop(lambda: self._store.traffic(since, limit=limit, types=types))
        return Traffic(products=[ProductEvents(item_id=item_id, events=count) for item_id, count in found])

    async def quarantine(self) -> Quarantine:
        """Return who is in question, and who was."""
        return Quarantine(people=[_held(case) for case in await self._off_loop(self._quarantine.all)])

    async def judge(self, shopper_id: str, judgement: Judgement) -> Held:
        """Note what an operator says of somebody in question; NotFound for anybody else."""
        now = self._clock()
        return _held(await self._off_loop(lambda: self._quarantine.judge(shopper_id, judgement.verdict, now)))


def _names(event: Event) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in (event.user_id, event.visitor_id) if name))


def _event(given: EventIn | dict[str, JsonValue], now: datetime) -> Event:
    """Return what the store keeps; InvalidInput begins with the field."""
    if isinstance(given, dict):
        try:
            given = EventIn.model_validate(given)
        except ValidationError as error:
            raise InvalidInput(faults(error)) from error
    event = Event(
        event_id=given.event_id or "",
        type=_TYPES[given.type],
        at=_usual(given.at, now) if given.at else now,
        visitor_id=given.visitor_id or given.user_id or "",
        user_id=given.user_id,
        item_id=given.item_id,
        quantity=given.quantity,
        price=None if given.price_minor is None else Money(given.price_minor, given.currency or ""),
        rating=given.rating,
        session_id=given.session_id,
        order_id=given.order_id,
        query=given.query,
        recommendation_id=given.recommendation_id,
        n_results=given.n_results,
    )
    return event if given.event_id else event.identified()


def _usual(at: datetime, now: datetime) -> datetime:
    """Return a time at which a shop can have been open."""
    if at > now + _TOLERANCE:
        raise InvalidInput(f"at is {at.isoformat()}, in the future")
    if at < _EARLIEST:
        raise InvalidInput(f"at is {at.isoformat()}, before 1970")
    return at


def _held(case: Case) -> Held:
    return Held(**{name: getattr(case, name) for name in Held.model_fields})


def _told(event: Event) -> EventOut:
    # Stored events were checked when they came.
    return EventOut.model_construct(
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
        n_results=event.n_results,
    )
