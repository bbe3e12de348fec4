"""Where a database has persons: found, told and erased table by table, for many of them at once."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa

from shopkeeper.adapters.sql.people_tables import consents, preferences
from shopkeeper.adapters.sql.ready import NUL, one_of
from shopkeeper.adapters.sql.tables import events, merges
from shopkeeper.data.erasure import Gone, State
from shopkeeper.data.events import EventType
from shopkeeper.estimator import Progress, ignore
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.errors import Unavailable
from shopkeeper.ports.people import Told

PERSONAL = {
    "events": ("shopper_id", "visitor_id", "user_id"),
    "merges": ("visitor_id", "user_id"),
    "consents": ("shopper_id",),
    "preferences": ("shopper_id",),
    "coupons": ("shopper_id",),
    "coupon_orders": ("told",),
    "coupon_uses": ("shopper_id",),
    "coupon_answers": ("answer",),
    "coupon_decisions": ("shopper_id",),
    "erasures": ("people",),
    "quarantine": ("shopper_id",),
}
"""Table -> the columns that name persons, in JSON some of them."""
IMPERSONAL = {
    "shopkeeper": "the version of the tables",
    "products": "what is sold",
    "catalog_changes": "which product changed last",
    "keys": "keys, by the names that the staff gives them",
    "coupon_budgets": "money",
    "coupon_campaigns": "what is offered",
    "coupon_ledger": "coupons and orders by number, and money: the books",
    "explorations": "products that chance put into answers; who got one, the events that name it alone tell",
    "tagged": "tags of products",
    "product_tags": "tags of products",
    "tag_reviews": "decisions of the staff about products",
    "tag_readers": "which change of the catalogue was read last",
}
"""Table -> why nobody who shops is in it."""


def among(connection: sa.Connection, column: sa.ColumnElement[str], ids: Collection[str]) -> sa.ColumnElement[bool]:
    """Return that a column has one of any number of ids, which travel as one parameter."""
    told = sa.literal(json.dumps(sorted(one for one in ids if NUL not in one)))
    return sa.or_(one_of(connection.dialect, column, told), column.in_([one for one in ids if NUL in one]))


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that will write: in SQLite it waits for its turn now, and not when it has read."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection


class SqlEventPlace:
    """The live events of persons."""

    name = "live events"
    state: State = "erased"
    about = "What came in one by one is removed."

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def tell(self, gone: Gone) -> Sequence[Told]:
        """Return their events."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(events).where(_theirs(connection, gone)).order_by(events.c.at))
            return [{**row._mapping, "at": from_us(row.at).isoformat()} for row in rows]

    def count(self, gone: Gone) -> int:
        """Return how many there are."""
        with self._engine.connect() as connection:
            return _count(connection, events, _theirs(connection, gone))

    def erase(self, gone: Gone, on_progress: Progress = ignore) -> int:
        """Remove their events; a device of theirs that somebody else used too is taken out of the other's."""
        with writing(self._engine) as connection:
            n = connection.execute(sa.delete(events).where(_theirs(connection, gone))).rowcount
            theirs = sa.and_(among(connection, events.c.visitor_id, gone.ids), events.c.user_id.is_not(None))
            connection.execute(sa.update(events).where(theirs).values(visitor_id=events.c.user_id))
            return n

    def known(self) -> Iterable[str]:
        """Return everybody's ids."""
        with self._engine.connect() as connection:
            asked = sa.union(sa.select(events.c.shopper_id), sa.select(events.c.visitor_id))
            return list(connection.scalars(asked))

    def take_out(self, gone: Gone, event_id: str) -> int:
        """Remove an event of a person; return how many there were."""
        with writing(self._engine) as connection:
            own = sa.and_(events.c.event_id == event_id, _theirs(connection, gone))
            return connection.execute(sa.delete(events).where(own)).rowcount

    def expire(self, before: Mapping[EventType, datetime]) -> int:
        """Remove events of some types that are older than a time."""
        old = (sa.and_(events.c.type == int(kind), events.c.at < to_us(at)) for kind, at in before.items())
        with writing(self._engine) as connection:
            return connection.execute(sa.delete(events).where(sa.or_(sa.false(), *old))).rowcount


def _theirs(connection: sa.Connection, gone: Gone) -> sa.ColumnElement[bool]:
    return sa.or_(
        among(connection, events.c.shopper_id, gone.ids),
        *(
            sa.and_(
                events.c.shopper_id == span.visitor_id,
                events.c.at > to_us(span.after) if span.after else sa.true(),
                events.c.at <= to_us(span.until) if span.until else sa.true(),
            )
            for span in gone.spans
        ),
    )


class SqlRowsPlace:
    """Rows of one table that name persons in some columns, and are removed with them."""

    state: State = "erased"

    def __init__(self, engine: sa.Engine, table: sa.Table, name: str, about: str) -> None:
        self._engine, self._table = engine, table
        self.name, self.about = name, about
        self._named = [table.c[column] for column in PERSONAL[table.name]]

    def tell(self, gone: Gone) -> Sequence[Told]:
        """Return their rows."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(self._table).where(self._theirs(connection, gone)))
            return [{name: _readable(name, value) for name, value in row._mapping.items()} for row in rows]

    def count(self, gone: Gone) -> int:
        """Return how many there are."""
        with self._engine.connect() as connection:
            return _count(connection, self._table, self._theirs(connection, gone))

    def erase(self, gone: Gone, on_progress: Progress = ignore) -> int:
        """Remove them."""
        with writing(self._engine) as connection:
            return connection.execute(sa.delete(self._table).where(self._theirs(connection, gone))).rowcount

    def known(self) -> Iterable[str]:
        """Return everybody's ids."""
        with self._engine.connect() as connection:
            return {who for column in self._named for who in connection.scalars(sa.select(column).distinct())}

    def _theirs(self, connection: sa.Connection, gone: Gone) -> sa.ColumnElement[bool]:
        return sa.or_(*(among(connection, column, gone.ids) for column in self._named))


def _readable(name: str, value: object) -> object:
    if isinstance(value, int) and (name == "at" or name.endswith("_at")):
        return from_us(value).isoformat()
    return value


def merge_place(engine: sa.Engine) -> SqlRowsPlace:
    """Return that of which visitors turned out to be which users."""
    return SqlRowsPlace(engine, merges, "merges", "That a visitor was a user is removed.")


def said_places(engine: sa.Engine) -> list[SqlRowsPlace]:
    """Return those of what people allowed and wished."""
    return [
        SqlRowsPlace(engine, consents, "consents", "Answers are removed; who is erased is asked about nothing more."),
        SqlRowsPlace(engine, preferences, "preferences", "What was wished of lists is removed."),
    ]


def _count(connection: sa.Connection, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table).where(which)) or 0


def leave_no_trace(engine: sa.Engine) -> None:
    """Write a file of SQLite anew, since removed rows stay in it until something else takes their place.

    PostgreSQL does so by itself in time, or at once in a table that is vacuumed; its log and its backups are its
    operator's. Unavailable while somebody reads without end; whoever writes meanwhile waits.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name != "sqlite":
            for table in PERSONAL:
                connection.exec_driver_sql(f"VACUUM {table}")
            return
        for pragma in ("secure_delete = ON", "temp_store = MEMORY"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        try:
            connection.exec_driver_sql("VACUUM")
            (is_busy, *_) = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        finally:
            for pragma in ("secure_delete = OFF", "temp_store = DEFAULT"):
                connection.exec_driver_sql(f"PRAGMA {pragma}")
    if is_busy:
        raise Unavailable("The file of the database is read without a pause; what was removed is still in it.")
