"""Events under the persons who turned out to have done them."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.merges import merged, spans
from shopkeeper.data.trail import Trail
from shopkeeper.ports import EventStore, MergeStore

_LOOKED_AT = 20_000
"""Events of a merged visitor, the newest, of which those in its times are taken."""


class MergedEvents:
    """An EventStore over another: what a visitor did before signing in is told of the user."""

    def __init__(self, events: EventStore, merges: MergeStore) -> None:
        self._events, self._merges = events, merges

    def append(self, events: Sequence[Event]) -> list[bool]:
        """Store all or none; return for each event whether it is new."""
        return self._events.append(events)

    def history(
        self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)
    ) -> list[Event]:
        """Return the newest `limit` events of these types of one person, oldest first."""
        about = self._merges.about(shopper_id)
        if not about:
            return self._events.history(shopper_id, limit=limit, types=types)
        own = [span for span in spans(about) if shopper_id == (span.user_id or span.visitor_id)]
        visitors = {span.visitor_id for span in own}
        found = [] if shopper_id in visitors else self._events.history(shopper_id, limit=limit, types=types)
        for visitor_id in visitors:
            times = [span for span in own if span.visitor_id == visitor_id]
            done = self._events.history(visitor_id, limit=max(limit, _LOOKED_AT), types=types)
            found += [event for event in done if any(span.holds(event.at) for span in times)]
        return sorted(found, key=lambda event: event.at)[-limit:] if limit else []

    def trail(self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)) -> Trail:
        """Return the same as columns, which is quicker."""
        if self._merges.about(shopper_id):
            return Trail.of(self.history(shopper_id, limit=limit, types=types))
        return self._events.trail(shopper_id, limit=limit, types=types)

    def known_ids(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are stored."""
        return self._events.known_ids(event_ids)

    def log(self) -> EventLog:
        """Return everything as columns."""
        return merged(self._events.log(), self._merges.all())

    def shoppers(self, *, limit: int = 50) -> list[tuple[str, int]]:
        """Return the most active persons; of a merged visitor all is counted to the user of the last merge."""
        user_of = {merge.visitor_id: merge.user_id for merge in self._merges.all()}
        if not user_of:
            return self._events.shoppers(limit=limit)
        total: Counter[str] = Counter()
        # Two middling halves can outdo the top of either.
        for shopper_id, n in self._events.shoppers(limit=max(limit, self._events.count())):
            total[user_of.get(shopper_id, shopper_id)] += n
        return sorted(total.items(), key=lambda one: (-one[1], one[0]))[:limit]

    def traffic(
        self, since: datetime | None = None, *, limit: int = 10_000, types: Collection[EventType] = tuple(EventType)
    ) -> list[tuple[str, int]]:
        """Return the products that most events since a time are about, most first, ties by id."""
        return self._events.traffic(since, limit=limit, types=types)

    def count(self) -> int:
        """Return the number of events."""
        return self._events.count()
