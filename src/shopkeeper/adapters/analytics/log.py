"""Imported and live events in one table of DuckDB, kept until one of them changes."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from shopkeeper.adapters.analytics.days import day_sql
from shopkeeper.data.consent import EVERYBODY, Circle
from shopkeeper.data.events import Event
from shopkeeper.data.merges import Merge, spans
from shopkeeper.data.origin import RANDOM
from shopkeeper.kit.clock import to_us
from shopkeeper.ports import LiveEventStore, MergeStore
from shopkeeper.ports.people import AllowedEvents

_SQL = Path(__file__).parent / "sql"
_EVER_US = 2**62
_COLUMNS = (
    'shopper_id VARCHAR, type TINYINT, "at" BIGINT, item_id VARCHAR, quantity INTEGER, price_minor BIGINT, '
    "currency VARCHAR, order_id VARCHAR, recommendation_id VARCHAR, query VARCHAR, "
    "n_results INTEGER, place BIGINT"
)
_IMPORTED = (
    'SELECT shopper_id, type, epoch_us("at") AS "at", item_id, quantity, price_minor, currency, order_id, '
    "recommendation_id, query, n_results, (CAST(file_index AS BIGINT) << 40) + file_row_number AS place FROM ("
    "SELECT *, file_index, file_row_number FROM read_parquet(getvariable('files'), union_by_name = true) "
    # Files of the first versions do not have it.
    "UNION ALL BY NAME SELECT CAST(NULL AS INTEGER) AS n_results WHERE false)"
)
_AFTER_IMPORTED = 2**60
Columns = Mapping[str, NDArray[np.generic]]


class Imported(Protocol):
    """Events in files."""

    def files(self) -> list[Path]:
        """Return the Parquet files that hold all that counts now, the oldest import first."""

    def count(self) -> int:
        """Return the number of events."""


class Log:
    """The tables `log`, `purchases`, `people`, `items`, `origins` and `queries`, brought up to date when asked for."""

    def __init__(
        self,
        imported: Imported,
        live: LiveEventStore,
        merges: MergeStore,
        zone: ZoneInfo,
        allowed: AllowedEvents | None,
        memory: str,
    ) -> None:
        self._imported, self._live, self._merges, self._allowed = imported, live, merges, allowed
        self._zone, self._memory = zone, memory
        self._opened: DuckDBPyConnection | None = None
        self._held, self._number = 0, 0
        """Of the live events."""
        self._made_of: tuple[list[Path], list[Merge], int, Hashable] | None = None

    def count(self) -> int:
        """Return the number of events."""
        return self._imported.count() + self._live.count()

    def connection(self) -> DuckDBPyConnection:
        """Return the connection, whose tables hold all that is stored now."""
        connection = self._opened = self._opened or _opened(self._memory)
        self._take_live(connection)
        try:
            self._make(connection)
        except duckdb.IOException:  # files were replaced while they were read
            self._make(connection)
        return connection

    def _make(self, connection: DuckDBPyConnection) -> None:
        stamp = self._allowed.stamp() if self._allowed else None
        made_of = (self._imported.files(), self._merges.all(), self._held, stamp)
        if made_of != self._made_of:
            self._made_of = None
            circle = self._allowed.circle() if self._allowed else EVERYBODY
            _make(connection, made_of[0], made_of[1], circle, self._zone)
            self._made_of = made_of

    def _take_live(self, connection: DuckDBPyConnection) -> None:
        self._append(connection)
        # A database may number events in another order than that in which they can be seen.
        if self._held != self._live.count():
            connection.execute("DELETE FROM live")
            self._held = self._number = 0
            self._append(connection)

    def _append(self, connection: DuckDBPyConnection) -> None:
        events, self._number = self._live.since(self._number)
        if events:
            with lent(connection, new_events=_columns(events, _AFTER_IMPORTED + self._held)):
                connection.execute("INSERT INTO live FROM new_events")
            self._held += len(events)


@contextmanager
def lent(connection: DuckDBPyConnection, **tables: Columns) -> Iterator[None]:
    """Lend columns as tables."""
    for name, columns in tables.items():
        connection.register(name, columns)
    try:
        yield
    finally:
        for name in tables:
            connection.unregister(name)


def sql(name: str) -> str:
    """Return the statements of a file."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def _opened(memory: str) -> DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "memory_limit": memory,
        # Made when it is needed, and removed with the connection.
        "temp_directory": str(Path(gettempdir()) / f"shopkeeper-{uuid4().hex}"),
    }
    connection = duckdb.connect(config=config)
    connection.execute("SET enable_progress_bar = false")
    connection.execute(f"CREATE TABLE live ({_COLUMNS})")
    connection.execute("CREATE TABLE spans (visitor_id VARCHAR, user_id VARCHAR, after_us BIGINT, until_us BIGINT)")
    connection.execute("CREATE TABLE circle (shopper_id VARCHAR)")
    return connection


def _make(
    connection: DuckDBPyConnection, files: Sequence[Path], merges: Sequence[Merge], circle: Circle, zone: ZoneInfo
) -> None:
    connection.execute("SET VARIABLE files = ?", [[str(file) for file in files]])
    both = f"{_IMPORTED} UNION ALL BY NAME FROM live" if files else "FROM live"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW events AS {both}")
    connection.execute("DELETE FROM spans")
    moved = [span for span in spans(merges) if span.user_id is not None and span.until]
    if moved:
        rows = {
            "visitor_id": np.array([span.visitor_id for span in moved], object),
            "user_id": np.array([span.user_id for span in moved], object),
            "after_us": np.array([to_us(span.after) if span.after else -_EVER_US for span in moved], np.int64),
            "until_us": np.array([to_us(span.until) for span in moved if span.until], np.int64),
        }
        with lent(connection, new_spans=rows):
            connection.execute("INSERT INTO spans FROM new_spans")
    connection.execute("DELETE FROM circle")
    if circle.named:
        with lent(connection, named={"shopper_id": np.array(sorted(circle.named), object)}):
            connection.execute("INSERT INTO circle FROM named")
    connection.execute("SET VARIABLE are_in = ?", [circle.are_in])
    first, last = connection.execute('SELECT min("at"), max("at") FROM events').fetchone() or (None, None)
    day = day_sql(zone, int(first or 0), int(last or 0))
    connection.execute(f"CREATE OR REPLACE TEMP MACRO local_day(t) AS {day}")
    # What begins it says where a list came from; of ids that are not ours, nothing does.
    began = f"CASE WHEN contains(id, '.') THEN left(id, -{RANDOM + 1}) WHEN id IS NOT NULL THEN '' END"
    connection.execute(f"CREATE OR REPLACE TEMP MACRO beginning(id) AS {began}")
    connection.execute(sql("log"))


def _columns(events: Sequence[Event], place: int) -> Columns:
    prices, results = [event.price for event in events], [event.n_results for event in events]
    return {
        "shopper_id": np.array([event.shopper_id for event in events], object),
        "type": np.array([event.type for event in events], np.int8),
        "at": np.array([to_us(event.at) for event in events], np.int64),
        "item_id": np.array([event.item_id for event in events], object),
        "quantity": np.array([event.quantity for event in events], np.int32),
        "price_minor": np.ma.masked_array(
            [price.minor if price else 0 for price in prices], [price is None for price in prices], np.int64
        ),
        "currency": np.array([price.currency if price else None for price in prices], object),
        "order_id": np.array([event.order_id for event in events], object),
        "recommendation_id": np.array([event.recommendation_id for event in events], object),
        "query": np.array([event.query for event in events], object),
        "n_results": np.ma.masked_array(
            [found or 0 for found in results], [found is None for found in results], np.int32
        ),
        "place": np.arange(place, place + len(events), dtype=np.int64),
    }
