"""All events in one file, for analysis elsewhere, under names that are no ids."""

from pathlib import Path

import duckdb
import numpy as np

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.kit.errors import InvalidInput

_ROWS = (
    'SELECT people.name AS person, types.name AS type, make_timestamp("at") AS "at", items.name AS item_id, '
    "CAST(quantity AS INTEGER) AS quantity, nullif(price_minor, -1) AS price_minor, "
    "CASE WHEN NOT isnan(rating) THEN rating END AS rating FROM log JOIN people ON people.number = who "
    'JOIN types ON types.number = type LEFT JOIN items ON items.number = item ORDER BY person, "at"'
)


def write_events(log: EventLog, names: list[str], path: Path) -> None:
    """Write the events of a log, whose users have other names; no device, session, order or searched word is told."""
    if path.suffix not in (".csv", ".parquet"):
        raise InvalidInput(f"{path} is neither .csv nor .parquet: it is written as one of the two.")
    if not path.parent.is_dir():
        raise InvalidInput(f"{path.parent} is no folder; make it first.")
    tables = {
        "log": {"who": log.user_idx, "item": log.item_idx, "type": log.type, "at": log.at, "quantity": log.quantity}
        | {"price_minor": log.price_minor, "rating": log.rating},
        "people": {"number": np.arange(len(names)), "name": np.array([*names], object)},
        "items": {"number": np.arange(len(log.items)), "name": np.array([*log.items], object)},
        "types": {"number": np.array(EventType, np.int8), "name": np.array([one.label for one in EventType], object)},
    }
    new = path.with_name(f".{path.name}.new")
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        for name, columns in tables.items():
            connection.register(name, columns)
        rows = connection.sql(_ROWS)
        if path.suffix == ".csv":
            rows.write_csv(str(new))
        else:
            rows.write_parquet(str(new))
    new.replace(path)
