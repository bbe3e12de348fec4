"""Events, merges and answers of everybody but those who were erased, from the moment on in which they were."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from shopkeeper.data.consent import Consent, Preferences, Purpose, Said
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.merges import Merge
from shopkeeper.data.trail import Trail
from shopkeeper.ports import EventStore, MergeStore
from shopkeeper.ports.people import PeopleStore, Tombstones

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class WithoutErased:
    """An EventStore over another. What an erased person does later is taken and not stored: they stay strangers."""

    def __init__(self, events: EventStore, tombstones: Tombstones) -> None:
        self._events, self._tombstones = events, tombstones

    def append(self, events: Sequence[Event]) -> list[bool]:
        """Store all or none of those that may be; return for each whether it is new: of an erased person, none is."""
        buried = self._tombstones.buried({one for event in events for one in (event.shopper_id, event.visitor_id)})
        if not buried:
            return self._events.append(events)
        kept = [_unlinked(event, buried) for event in events if event.shopper_id not in buried]
        stored = iter(self._events.append(kept))
        return [event.shopper_id not in buried and next(stored) for event in events]

    def history(
        self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)
    ) -> list[Event]:
        """Return the newest `limit` events of these types of one person, oldest first."""
        if self._tombstones.buried([shopper_id]):
            return []
        return self._events.history(shopper_id, limit=limit, types=types)

    def trail(self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)) -> Trail:
        """Return the same as columns, which is quicker."""
        if self._tombstones.buried([shopper_id]):
            return Trail()
        return self._events.trail(shopper_id, limit=limit, types=types)

    def known_ids(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are stored."""
        return self._events.known_ids(event_ids)

    def log(self) -> EventLog:
        """Return everything as columns."""
        log = self._events.log()
        return log.without(self._tombstones.buried(list(log.users)))

    def shoppers(self, *, limit: int = 50) -> list[tuple[str, int]]:
        """Return the most active persons with their number of events, most first, ties by id, guests left out."""
        people = self._events.shoppers(limit=limit + len(self._tombstones))
        buried = self._tombstones.buried([shopper_id for shopper_id, _ in people])
        return [one for one in people if one[0] not in buried][:limit]

    def traffic(
        self, since: datetime | None = None, *, limit: int = 10_000, types: Collection[EventType] = tuple(EventType)
    ) -> list[tuple[str, int]]:
        """Return the products that most events of these types are about, since a time or ever, ties by id."""
        return self._events.traffic(since, limit=limit, types=types)

    def count(self) -> int:
        """Return the number of events."""
        return self._events.count()


def _unlinked(event: Event, buried: Collection[str]) -> Event:
    """Return the event of a user without the device that it came from, where that was somebody's who was erased."""
    return replace(event, visitor_id=event.shopper_id) if event.visitor_id in buried else event


class MergesWithoutErased:
    """A MergeStore over another: nobody becomes somebody who was erased, nor the other way round."""

    def __init__(self, merges: MergeStore, tombstones: Tombstones) -> None:
        self._merges, self._tombstones = merges, tombstones

    def add(self, merge: Merge) -> None:
        """Store one, unless it names somebody who was erased."""
        if not self._tombstones.buried([merge.visitor_id, merge.user_id]):
            self._merges.add(merge)

    def about(self, shopper_id: str) -> list[Merge]:
        """Return all merges of the visitors that this person is or was."""
        return self._merges.about(shopper_id)

    def all(self) -> list[Merge]:
        """Return all, in the order in which they came."""
        return self._merges.all()


class SaidWithoutErased:
    """A PeopleStore over another: who was erased allows nothing, and says nothing that is kept."""

    def __init__(self, people: PeopleStore, tombstones: Tombstones) -> None:
        self._people, self._tombstones = people, tombstones

    def add(self, consents: Sequence[Consent]) -> list[bool]:
        """Add answers, all or none of those that may be; return for each whether it is new."""
        buried = self._tombstones.buried({one.shopper_id for one in consents})
        stored = iter(self._people.add([one for one in consents if one.shopper_id not in buried]))
        return [one.shopper_id not in buried and next(stored) for one in consents]

    def said(self, shopper_ids: Collection[str]) -> Mapping[str, Said]:
        """Return what those of them said who said anything; who was erased says no to everything."""
        buried, told = self._tombstones.buried(shopper_ids), self._people.said(shopper_ids)
        return (
            {**told, **{name: Said([_no(name, purpose) for purpose in Purpose]) for name in buried}} if buried else told
        )

    def everybody(self) -> Mapping[str, Said]:
        """Return what everybody said who said anything."""
        told = self._people.everybody()
        buried = self._tombstones.buried(told)
        return {name: said for name, said in told.items() if name not in buried} if buried else told

    def newest(self) -> int:
        """Return a number that grows with each answer."""
        return self._people.newest()

    def change(self, shopper_id: str, change: Callable[[Preferences], Preferences]) -> Preferences:
        """Replace what a person prefers by what is made of it, and return that; of an erased one nothing is kept."""
        if self._tombstones.buried([shopper_id]):
            return change(Preferences())
        return self._people.change(shopper_id, change)


def _no(shopper_id: str, purpose: Purpose) -> Consent:
    return Consent(
        consent_id="",
        shopper_id=shopper_id,
        purpose=purpose,
        granted=False,
        policy="",
        at=_EARLIEST,
        received_at=_EARLIEST,
        source="erased",
    )
