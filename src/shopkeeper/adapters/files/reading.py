"""Rows on disk back to events, one by one or as columns."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
from duckdb import DuckDBPyConnection

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import PAGE_PREFIX, Event, EventType
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.clock import from_us
from shopkeeper.kit.money import Money
from shopkeeper.kit.words import word_bits

Said = str | None
Row = tuple[str, int, int, str, Said, Said, int, int | None, Said, float | None, Said, Said, Said, Said, int | None]
"""One row of COLUMNS."""


def connect(temporary: Path | None = None) -> DuckDBPyConnection:
    """Open DuckDB in memory, bounded, in UTC, and without reaching for anything on the network."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "memory_limit": "1GB",
        "TimeZone": "UTC",
    }
    if temporary is not None:
        config["temp_directory"] = str(temporary)
    return quiet(duckdb.connect(":memory:", config=config))


def quiet(connection: DuckDBPyConnection) -> DuckDBPyConnection:
    """Return the connection, which then draws no progress bar of its own over ours; cursors do not inherit this."""
    return connection.execute("SET enable_progress_bar = false")


def reason_of(error: Exception) -> str:
    """Return in a few words why DuckDB or the disk failed."""
    # The first is how the system names it, the second DuckDB's own limit: most of what was free.
    if any(sign in str(error) for sign in ("No space left on device", "max_temp_directory_size")):
        return "the disk is full"
    return str(error).splitlines()[0]


@contextmanager
def stoppable() -> Iterator[None]:
    """Let Ctrl-C be what Python calls it, also while DuckDB is at work."""
    try:
        yield
    except RuntimeError as error:
        if "interrupted" in str(error):
            raise KeyboardInterrupt from error
        raise


def to_event(row: Row) -> Event:
    """Build the event of one row of COLUMNS."""
    event_id, kind, at, visitor_id, user_id, item_id, quantity, minor, currency, rating, *rest, n_results = row
    session_id, order_id, query, recommendation_id = rest
    return Event(
        event_id=event_id,
        type=EventType(kind),
        at=from_us(at),
        visitor_id=visitor_id,
        user_id=user_id,
        item_id=item_id,
        quantity=quantity,
        price=None if minor is None or currency is None else Money(minor, currency),
        rating=rating,
        session_id=session_id,
        order_id=order_id,
        query=query,
        recommendation_id=recommendation_id,
        n_results=n_results,
    )


def to_log(connection: DuckDBPyConnection, rows: str, order: str) -> EventLog:
    """Return rows (a FROM clause of COLUMNS and shopper_id) as columns; `order` settles equal times."""
    people = connection.execute(f"SELECT shopper_id, count(*) AS n FROM {rows} GROUP BY ALL ORDER BY ALL").fetchnumpy()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE items AS SELECT item_id, CAST(row_number() OVER () - 1 AS INTEGER) AS item_idx "
        f"FROM (SELECT DISTINCT item_id FROM {rows} WHERE item_id IS NOT NULL ORDER BY item_id)"
    )
    items = connection.execute("SELECT item_id FROM items ORDER BY item_idx").fetchnumpy()["item_id"]
    queries = connection.execute(f"SELECT DISTINCT query FROM {rows} WHERE query IS NOT NULL").fetchall()
    searched = {"query": np.array([query for (query,) in queries], object)}
    searched["words"] = np.array([word_bits(query) for (query,) in queries], np.int32)
    connection.register("searched", searched)
    columns = connection.execute(
        'SELECT coalesce(item_idx, -1) AS item_idx, type, "at", CAST(quantity AS FLOAT) AS quantity, '
        "coalesce(rating, CAST('nan' AS FLOAT)) AS rating, coalesce(price_minor, -1) AS price_minor, "
        f"coalesce(words, 0) AS words, starts_with(event_id, '{PAGE_PREFIX}') AS of_page "
        f"FROM {rows} LEFT JOIN items USING (item_id) LEFT JOIN searched USING (query) "
        f'ORDER BY shopper_id, "at", {order}'
    ).fetchnumpy()
    connection.unregister("searched")
    lengths = np.asarray(people["n"], np.int64)
    return EventLog(
        users=Vocabulary(people["shopper_id"].tolist()),
        items=Vocabulary(items.tolist()),
        user_idx=np.repeat(np.arange(len(lengths), dtype=np.int32), lengths),
        **{column: np.asarray(values) for column, values in columns.items()},
    )
