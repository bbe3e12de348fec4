"""Live events in a SQL table."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

import sqlalchemy as sa

from shopkeeper.adapters.sql.engine import events
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import GUEST_PREFIX, Event, EventType
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.money import Money

_AT_ONCE = 500
"""Ids asked for in one statement, well below what any database allows."""


class SqlEventStore:
    """An EventStore in a database. An append is one transaction: when it returns, it is on disk."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def append(self, events_: Sequence[Event]) -> list[bool]:
        """Store all or none; return for each event whether it is new."""
        if not events_:
            return []
        with self._engine.begin() as connection:
            # SQLite would otherwise start as a reader, and two appends could both find an id missing.
            if self._engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            seen = _known(connection, [event.event_id for event in events_])
            is_new = []
            for event in events_:
                is_new.append(event.event_id not in seen)
                seen.add(event.event_id)
            rows = [_to_row(event) for event, new in zip(events_, is_new, strict=True) if new]
            if rows:
                connection.execute(sa.insert(events), rows)
        return is_new

    def history(
        self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)
    ) -> list[Event]:
        """Return the newest `limit` events of these types of one person, oldest first."""
        wanted = events.c.type.in_([int(kind) for kind in types])
        own = sa.select(events).where(events.c.shopper_id == shopper_id, wanted)
        newest = own.order_by(events.c.at.desc(), events.c.number.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [_to_event(row) for row in reversed(connection.execute(newest).all())]

    def known_ids(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are stored."""
        with self._engine.connect() as connection:
            return _known(connection, event_ids)

    def log(self) -> EventLog:
        """Return everything as columns."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(events).order_by(events.c.number))
            return EventLog.of(_to_event(row) for row in rows)

    def shoppers(self, *, limit: int = 50) -> list[tuple[str, int]]:
        """Return the most active persons with their number of events, most first, ties by id, guests left out."""
        number = sa.func.count().label("n")
        known = sa.select(events.c.shopper_id, number).where(~events.c.shopper_id.startswith(GUEST_PREFIX))
        most = known.group_by(events.c.shopper_id).order_by(number.desc(), events.c.shopper_id).limit(limit)
        with self._engine.connect() as connection:
            return [(shopper_id, n) for shopper_id, n in connection.execute(most)]

    def count(self) -> int:
        """Return the number of events."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(events)) or 0


def _known(connection: sa.Connection, event_ids: Sequence[str]) -> set[str]:
    ids: Iterator[str] = iter(event_ids)
    known: set[str] = set()
    while part := list(islice(ids, _AT_ONCE)):
        known.update(connection.scalars(sa.select(events.c.event_id).where(events.c.event_id.in_(part))))
    return known


def _to_row(event: Event) -> dict[str, object]:
    return {
        "event_id": event.event_id,
        "shopper_id": event.shopper_id,
        "type": int(event.type),
        "at": to_us(event.at),
        "visitor_id": event.visitor_id,
        "user_id": event.user_id,
        "item_id": event.item_id,
        "quantity": event.quantity,
        "price_minor": event.price.minor if event.price else None,
        "currency": event.price.currency if event.price else None,
        "rating": event.rating,
        "session_id": event.session_id,
        "order_id": event.order_id,
        "query": event.query,
        "recommendation_id": event.recommendation_id,
    }


def _to_event(row: sa.Row[tuple[object, ...]]) -> Event:
    fields = dict(row._mapping)
    price_minor, currency = fields.pop("price_minor"), fields.pop("currency")
    for column in ("number", "shopper_id"):
        fields.pop(column)
    fields["type"], fields["at"] = EventType(fields["type"]), from_us(fields["at"])
    return Event(**fields, price=None if price_minor is None else Money(price_minor, currency))
