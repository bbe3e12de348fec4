"""Live events in a SQL table."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from shopkeeper.adapters.sql.ready import Ready
from shopkeeper.adapters.sql.tables import events
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import GUEST_PREFIX, Event, EventType
from shopkeeper.data.trail import Trail
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.money import Money

_AT_ONCE = 500
"""Ids asked for in one statement, well below what any database allows."""
_ID = events.c.event_id
_ALL = tuple(events.c)
_OF_TRAIL = (
    events.c.item_id,
    events.c.type,
    events.c.at,
    events.c.quantity,
    events.c.rating,
    events.c.price_minor,
    events.c.query,
)
_COLUMNS = tuple(column.name for column in events.c if column is not events.c.number)
_Field = str | int | float | None
_Row = tuple[_Field, ...]
"""What `_COLUMNS` hold of an event."""


class SqlEventStore:
    """An EventStore in a database. An append is one transaction: when it returns, it is on disk."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._ready: dict[tuple[object, ...], Ready] = {}
        self._at_once = engine.dialect.name == "postgresql"
        self._insert = _all_at_once() if self._at_once else _row_by_row().returning(_ID)
        # The driver's own words, since SQLAlchemy's care for each row takes longer than SQLite does.
        self._unseen = str(_row_by_row().compile(dialect=sqlite.dialect(), column_keys=_COLUMNS))

    def append(self, events_: Sequence[Event]) -> list[bool]:
        """Store all or none; return for each event whether it is new."""
        if not events_:
            return []
        rows = [_to_row(event) for event in events_]
        if self._appended_unseen(rows):
            return [True] * len(rows)
        with self._engine.begin() as connection:
            new = set(connection.scalars(self._insert, self._given(rows)))
        is_new = []
        for event in events_:
            is_new.append(event.event_id in new)
            new.discard(event.event_id)
        return is_new

    def _appended_unseen(self, rows: Sequence[_Row]) -> bool:
        """In SQLite, store all if each is new, and else none: a third of the time of asking which are."""
        if self._at_once:
            return False
        with self._engine.connect() as connection:
            if connection.exec_driver_sql(self._unseen, list(rows)).rowcount < len(rows):
                return False
            connection.commit()
            return True

    def _given(self, rows: Sequence[_Row]) -> list[dict[str, _Field]] | dict[str, object]:
        if not self._at_once:
            return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        # What is not there need not travel.
        told = [{name: field for name, field in zip(_COLUMNS, row, strict=True) if field is not None} for row in rows]
        return {"rows": told}

    def history(
        self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)
    ) -> list[Event]:
        """Return the newest `limit` events of these types of one person, oldest first."""
        newest = self._newest(_ALL, tuple(types))
        return [_to_event(row) for row in newest.rows({"shopper_id": shopper_id, "most": limit})[::-1]]

    def trail(self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)) -> Trail:
        """Return the same as columns, which is quicker."""
        newest = self._newest(_OF_TRAIL, tuple(types))
        return Trail.of_rows(newest.rows({"shopper_id": shopper_id, "most": limit})[::-1])

    def _newest(self, columns: tuple[sa.ColumnElement[Any], ...], types: tuple[EventType, ...]) -> Ready:
        if (columns, types) not in self._ready:
            self._ready[columns, types] = Ready(self._engine, _newest(columns, types))
        return self._ready[columns, types]

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
        # Not LIKE: that of SQLite ignores case.
        beginning = sa.func.substr(events.c.shopper_id, 1, len(GUEST_PREFIX))
        known = sa.select(events.c.shopper_id, number).where(beginning != GUEST_PREFIX)
        most = known.group_by(events.c.shopper_id).order_by(number.desc(), events.c.shopper_id).limit(limit)
        with self._engine.connect() as connection:
            return [(shopper_id, n) for shopper_id, n in connection.execute(most)]

    def traffic(
        self, since: datetime | None = None, *, limit: int = 10_000, types: Collection[EventType] = tuple(EventType)
    ) -> list[tuple[str, int]]:
        """Return the products that most events of these types are about, since a time or ever, ties by id."""
        number, item_id = sa.func.count().label("n"), events.c.item_id
        asked = sa.select(item_id, number).where(item_id.is_not(None))
        if since is not None:
            asked = asked.where(events.c.at >= to_us(since))
        if len(types) < len(EventType):
            asked = asked.where(events.c.type.in_([int(kind) for kind in types]))
        most = asked.group_by(item_id).order_by(number.desc(), sa.collate(item_id, "C" if self._at_once else "BINARY"))
        with self._engine.connect() as connection:
            return [(item, n) for item, n in connection.execute(most.limit(limit))]

    def count(self) -> int:
        """Return the number of events."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(events)) or 0

    def newest_ids(self, n: int) -> list[str]:
        """Return the ids of the n events that came last."""
        with self._engine.connect() as connection:
            return list(connection.scalars(sa.select(_ID).order_by(events.c.number.desc()).limit(n)))

    def since(self, number: int) -> tuple[list[Event], int]:
        """Return the events that came after a number, as they came, and the number of the last."""
        newer = sa.select(*_ALL).where(events.c.number > number).order_by(events.c.number)
        with self._engine.connect() as connection:
            rows = connection.execute(newer).all()
        return [_to_event(row) for row in rows], rows[-1].number if rows else number


def _newest(columns: tuple[sa.ColumnElement[Any], ...], types: tuple[EventType, ...]) -> sa.Select[Any]:
    """Return the SELECT of a person's newest events."""
    among = sa.literal_column(f"type IN ({', '.join(str(int(kind)) for kind in types) or 'NULL'})", sa.Boolean)
    own = (events.c.shopper_id == sa.bindparam("shopper_id"), among)
    chosen = sa.select(*columns).where(*own).order_by(events.c.at.desc(), events.c.number.desc())
    return chosen.limit(sa.bindparam("most", type_=sa.Integer))


def _known(connection: sa.Connection, event_ids: Sequence[str]) -> set[str]:
    ids: Iterator[str] = iter(event_ids)
    known: set[str] = set()
    while part := list(islice(ids, _AT_ONCE)):
        known.update(connection.scalars(sa.select(events.c.event_id).where(events.c.event_id.in_(part))))
    return known


def _row_by_row() -> sqlite.Insert:
    """Return the INSERT for SQLite, which takes rows."""
    return sqlite.insert(events).on_conflict_do_nothing(index_elements=[_ID])


def _all_at_once() -> sa.Executable:
    """Return the INSERT for PostgreSQL, which takes all rows as one JSON; it gives the ids that are new.

    In id order, since two appends of the same ids in other orders would block each other, yet numbered as they came.
    One parameter instead of sixteen for each row: five times as many events a second in batches of a thousand.
    """
    columns = [sa.column(column.name, column.type) for column in events.c if column is not events.c.number]
    rows = sa.func.json_to_recordset(sa.bindparam("rows", type_=sa.JSON)).table_valued(*columns, name="given")
    number = sa.func.nextval(sa.literal_column("'events_number_seq'")).label("number")
    numbered = sa.select(number, *rows.render_derived(with_types=True).c).subquery()
    insert = postgresql.insert(events).from_select(numbered.c.keys(), sa.select(numbered).order_by(numbered.c.event_id))
    return insert.on_conflict_do_nothing(index_elements=[_ID]).returning(_ID)


def _to_row(event: Event) -> _Row:
    price = event.price
    return (
        event.event_id,
        event.shopper_id,
        int(event.type),
        to_us(event.at),
        event.visitor_id,
        event.user_id,
        event.item_id,
        event.quantity,
        price.minor if price else None,
        price.currency if price else None,
        event.rating,
        event.session_id,
        event.order_id,
        event.query,
        event.recommendation_id,
        event.n_results,
    )


def _to_event(row: Sequence[Any]) -> Event:
    # By place, which takes a third of the time: a list for a person starts with some dozens of these.
    _, event_id, _, kind, at, visitor_id, user_id, item_id, quantity, price_minor, currency, *rest = row
    rating, session_id, order_id, query, recommendation_id, n_results = rest
    return Event(
        event_id=event_id,
        type=EventType(kind),
        at=from_us(at),
        visitor_id=visitor_id,
        user_id=user_id,
        item_id=item_id,
        quantity=quantity,
        price=None if price_minor is None else Money(price_minor, currency),
        rating=rating,
        session_id=session_id,
        order_id=order_id,
        query=query,
        recommendation_id=recommendation_id,
        n_results=n_results,
    )
