"""Labels in SQL, read by DuckDB: in a database of its own that holds some events, and can reach nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

import duckdb
import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from shopkeeper.data.events import EventType
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.prediction.behaviour import Behaviour

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "python_enable_replacements": False,
    "temp_directory": "",
    "TimeZone": "UTC",
}
_EVENTS = """
CREATE TABLE events AS
SELECT shopper_id, CAST(types.type AS VARCHAR) AS type, make_timestamp(rows.at_us) AS time, item_id, category,
  quantity, CASE WHEN price_minor >= 0 THEN price_minor END AS price_minor,
  CASE WHEN NOT isnan(rating) THEN rating END AS rating, place
FROM rows JOIN types ON rows.type = types.number JOIN people ON rows.person = people.number
  LEFT JOIN products ON rows.item = products.number
ORDER BY place
"""


class DuckLabels:
    """Labels of `events` with shopper_id, type, time (UTC), item_id, category, quantity, price_minor and rating."""

    def __init__(self, *, memory_limit: str = "1GB", time_limit_s: float = 60) -> None:
        self._memory_limit, self._time_limit_s = memory_limit, time_limit_s

    def marked(self, condition: str, told: Behaviour) -> NDArray[np.bool_]:
        """Return which events fulfil a condition on each of them."""
        # What closes its bracket would be more than a condition; inside of two it cannot be.
        statement = f"SELECT place FROM events WHERE ((\n{condition}\n))"
        for text in (f"SELECT place FROM events WHERE ({condition}\n)", statement):
            _check(condition, text)
        with self._events(told) as connection:
            tree = connection.execute("SELECT json_serialize_sql(?)", [statement]).fetchone()
            if tree is None or str(tree[0]).count('"SELECT_NODE"') != 1:
                raise InvalidInput(f"label_sql {condition!r} looks at other events: begin a query with SELECT.")
            found = connection.execute(statement).fetchnumpy()["place"]
        is_one = np.zeros(len(told.log), np.bool_)
        is_one[np.asarray(found, np.int64)] = True
        return is_one

    def named(self, query: str, told: Behaviour) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return whom (user_idx) a query names, and when: it may look at all of the events."""
        _check(query, query)
        with self._events(told) as connection:
            answer = connection.sql(query)
            kinds = [str(kind) for kind in answer.types]
            if len(kinds) != 2 or kinds[0] != "VARCHAR" or not kinds[1].startswith("TIMESTAMP"):
                told_kinds = ", ".join(f"{name} {kind}" for name, kind in zip(answer.columns, kinds, strict=True))
                raise InvalidInput(
                    f"label_sql must select shopper_id and a time, such as max(time); it selects {told_kinds}."
                )
            rows = connection.execute(f"SELECT who, epoch_us(t) AS t FROM (\n{query}\n) AS answer(who, t)").fetchnumpy()
        if any(np.ma.is_masked(column) for column in rows.values()):
            raise InvalidInput("label_sql selects rows without a shopper_id, or without a time: leave them out.")
        users = told.log.users.indices(rows["who"].tolist())
        if (users < 0).any():
            stranger = rows["who"][int(np.argmax(users < 0))]
            raise InvalidInput(f"label_sql selects {stranger!r}, who is no shopper_id of events.")
        return users, np.asarray(rows["t"], np.int64)

    @contextmanager
    def _events(self, told: Behaviour) -> Iterator[DuckDBPyConnection]:
        """Open a database with the events; what goes wrong in it is the label's fault."""
        with duckdb.connect(config=_CONFIG | {"memory_limit": self._memory_limit}) as connection:
            timer = Timer(self._time_limit_s, connection.interrupt)
            timer.start()
            try:
                _fill(connection, told)
                connection.execute("SET lock_configuration = true")
                yield connection
            except duckdb.InterruptException as error:
                raise InvalidInput(f"label_sql takes longer than {self._time_limit_s:g} s: ask for less.") from error
            except duckdb.OutOfMemoryException as error:
                raise InvalidInput("label_sql needs more memory than it may take: ask for less.") from error
            except duckdb.Error as error:
                raise InvalidInput(f"label_sql cannot be used: {error}") from error
            finally:
                timer.cancel()


def _check(label: str, statement: str) -> None:
    """Raise InvalidInput where a statement is not one alone, and one that reads."""
    try:
        statements = duckdb.extract_statements(statement)
    except duckdb.Error as error:
        raise InvalidInput(f"label_sql cannot be used: {error}") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise InvalidInput(f"label_sql must be a condition, or one SELECT; it is {label!r}.")


def _fill(connection: DuckDBPyConnection, told: Behaviour) -> None:
    log = told.log
    people, items = np.unique(log.user_idx), np.unique(log.item_idx[log.item_idx >= 0])
    categories = told.category_of[items]
    names = np.array([*told.names, None], object)
    tables = {
        "types": {"number": np.array(EventType, np.int8), "type": np.array([kind.label for kind in EventType], object)},
        "people": {"number": people, "shopper_id": np.array([log.users[user] for user in people.tolist()], object)},
        "products": {
            "number": items,
            "item_id": np.array([log.items[item] for item in items.tolist()], object),
            "category": names[categories],
        },
        "rows": {
            "place": np.arange(len(log)),
            "person": log.user_idx,
            "type": log.type,
            "at_us": log.at,
            "item": log.item_idx,
            "quantity": log.quantity,
            "price_minor": log.price_minor,
            "rating": log.rating,
        },
    }
    for name, columns in tables.items():
        connection.register(name, columns)
    connection.execute(_EVENTS)
    for name in tables:
        connection.unregister(name)
