"""Imported history and live events, read as one store."""

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from heapq import nsmallest
from typing import Protocol

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.trail import Trail
from shopkeeper.ports import EventStore


class ImportedEvents(Protocol):
    """The reading half of an EventStore, to which imports add."""

    def unchanged(self) -> AbstractContextManager[None]:
        """Hold back what imports would add."""

    def history(
        self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)
    ) -> list[Event]:
        """Return the newest `limit` events of these types of one person, oldest first."""

    def trail(self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)) -> Trail:
        """Return the same as columns, which is quicker."""

    def known_ids(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are stored."""

    def log(self) -> EventLog:
        """Return everything as columns."""

    def shoppers(self, *, limit: int = 50) -> list[tuple[str, int]]:
        """Return the most active persons with their number of events."""

    def traffic(
        self, since: datetime | None = None, *, limit: int = 10_000, types: Collection[EventType] = tuple(EventType)
    ) -> list[tuple[str, int]]:
        """Return the products that most events since a time are about."""

    def count(self) -> int:
        """Return the number of events."""


class LayeredEvents:
    """An EventStore of two layers: a `history` that imports write, and a `live` one that is appended to."""

    def __init__(self, history: ImportedEvents, live: EventStore) -> None:
        self._history = history
        self._live = live

    def append(self, events: Sequence[Event]) -> list[bool]:
        """Store in the live layer what neither layer holds; return for each event whether it is new."""
        with self._history.unchanged():
            imported = self._history.known_ids([event.event_id for event in events])
            stored = iter(self._live.append([event for event in events if event.event_id not in imported]))
        return [event.event_id not in imported and next(stored) for event in events]

    def history(
        self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)
    ) -> list[Event]:
        """Return the newest `limit` events of these types of one person, oldest first."""
        layers = (self._history, self._live)
        both = [event for layer in layers for event in layer.history(shopper_id, limit=limit, types=types)]
        return sorted(both, key=lambda event: event.at)[-limit:] if limit else []

    def trail(self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)) -> Trail:
        """Return the same as columns, which is quicker."""
        imported = self._history.trail(shopper_id, limit=limit, types=types)
        return imported.merged(self._live.trail(shopper_id, limit=limit, types=types), limit)

    def known_ids(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are stored."""
        return self._history.known_ids(event_ids) | self._live.known_ids(event_ids)

    def log(self) -> EventLog:
        """Return everything as columns."""
        return EventLog.merged(self._history.log(), self._live.log())

    def shoppers(self, *, limit: int = 50) -> list[tuple[str, int]]:
        """Return the most active persons with their number of events, most first, ties by id, guests left out."""
        live = self._live.shoppers(limit=max(1, self._live.count()))
        # With live events it takes everybody: two middling halves can outdo the top of either layer.
        total = dict(self._history.shoppers(limit=max(limit, self._history.count() if live else 0)))
        for shopper_id, n in live:
            total[shopper_id] = total.get(shopper_id, 0) + n
        return nsmallest(limit, total.items(), key=lambda one: (-one[1], one[0]))

    def traffic(
        self, since: datetime | None = None, *, limit: int = 10_000, types: Collection[EventType] = tuple(EventType)
    ) -> list[tuple[str, int]]:
        """Return the products that most events since a time are about, most first, ties by id.

        Of each layer, the many first are counted: what is not among them is among the first of nothing.
        """
        total: Counter[str] = Counter()
        for layer in (self._history, self._live):
            total.update(dict(layer.traffic(since, limit=max(limit, 100_000), types=types)))
        return nsmallest(limit, total.items(), key=lambda one: (-one[1], one[0]))

    def count(self) -> int:
        """Return the number of events."""
        return self._history.count() + self._live.count()
