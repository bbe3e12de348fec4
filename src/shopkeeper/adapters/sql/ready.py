"""Questions that are asked all the time, past SQLAlchemy's layers, which take three times as long as the answer."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json
from sqlalchemy.engine.interfaces import DBAPIConnection

_AT_ONCE = 500


class Ready:
    """A SELECT of plain columns that is written out for a database once; rows come as the driver gives them."""

    def __init__(self, engine: sa.Engine, select: sa.Select[Any] | sa.CompoundSelect[Any]) -> None:
        self._engine, self._select = engine, select
        self._compiled = select.compile(engine)
        self._text, self._places = str(self._compiled), getattr(self._compiled, "positiontup", None)

    def rows(self, given: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        """Return the rows for these parameters; what fails is asked once more, in the way that explains it."""
        values = self._compiled.construct_params(given)
        try:
            connection: DBAPIConnection = self._engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute(self._text, [values[name] for name in self._places] if self._places else values)
                return cursor.fetchall()
            finally:
                connection.close()
        except Exception:
            with self._engine.connect() as again:
                return again.execute(self._select, dict(given)).all()


class _Named:
    """Rows that the driver gives, named by the columns of a SELECT."""

    def __init__(self, select: sa.Select[Any]) -> None:
        # Of two columns of one name, the second has none.
        names = [column.name for column in select.selected_columns]
        make: Any = namedtuple  # whose names mypy wants to read
        self._named: Callable[[Iterable[Any]], Any] = make("row", names, rename=True)._make

    def _asked(self, connection: sa.Connection, text: str, given: tuple[Any, ...]) -> Iterator[Any]:
        """Ask the driver; what fails is asked once more, in the way that explains it."""
        try:
            cursor = connection.connection.cursor()
            cursor.execute(text, given)
            found: Sequence[Sequence[Any]] = cursor.fetchall()
        except Exception:
            found = connection.exec_driver_sql(text, given).all()
        return map(self._named, found)


class Asked(_Named):
    """A SELECT with some values; `names` are theirs, in the order in which it has them."""

    def __init__(self, select: sa.Select[Any], *names: str) -> None:
        super().__init__(select)
        self._select, self._names = select, names
        self._texts: dict[str, str] = {}

    def rows(self, connection: sa.Connection, *values: object) -> Iterator[Any]:
        """Return the rows, named by their columns."""
        kind = connection.dialect.name
        if kind not in self._texts:
            self._texts[kind] = _by_place(self._select, connection.dialect, self._names)
        return self._asked(connection, self._texts[kind], values)


class Among(_Named):
    """A SELECT without WHERE, asked for the rows in which some columns have one of many values."""

    def __init__(self, select: sa.Select[Any], *columns: sa.ColumnElement[Any]) -> None:
        super().__init__(select)
        self._select, self._columns = select, columns
        self._texts: dict[tuple[str, int], str] = {}

    def rows(self, connection: sa.Connection, values: Iterable[Any]) -> list[Any]:
        """Return the rows, named by their columns; a value is a tuple where there is more than one column."""
        distinct, found = iter(dict.fromkeys(values)), list[Any]()
        while part := list(islice(distinct, _AT_ONCE)):
            given = tuple(part if len(self._columns) == 1 else chain.from_iterable(part))
            found += self._asked(connection, self._text(connection.dialect, len(part)), given)
        return found

    def _text(self, dialect: sa.Dialect, n: int) -> str:
        """Return the question for n values."""
        key = (dialect.name, n)
        if key not in self._texts:
            columns, mark = ", ".join(map(str, self._columns)), "?" if dialect.paramstyle == "qmark" else "%s"
            if len(self._columns) > 1:
                mark, columns = f"({', '.join([mark] * len(self._columns))})", f"({columns})"
            marks = ", ".join([mark] * n)
            among = marks if len(self._columns) == 1 else f"VALUES {marks}"
            self._texts[key] = f"{self._select.compile(dialect=dialect)}\nWHERE {columns} IN ({among})"
        return self._texts[key]


class Change:
    """An INSERT or UPDATE of many rows; `names` are those of its values, in the order in which it has them."""

    def __init__(self, make: Callable[[str], sa.Insert | sa.Update], *names: str) -> None:
        self._make, self._names = make, names
        self._texts: dict[str, str] = {}

    def run(self, connection: sa.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
        """Change rows, each told by its values as the driver takes them."""
        if not (given := list(rows)):
            return
        kind = connection.dialect.name
        if kind not in self._texts:
            self._texts[kind] = _by_place(self._make(kind), connection.dialect, self._names)
        connection.exec_driver_sql(self._texts[kind], given)


def _by_place(statement: sa.Select[Any] | sa.Insert | sa.Update, dialect: sa.Dialect, names: Sequence[str]) -> str:
    """Return a statement as a driver takes it, with marks for values that come in the order of their names."""
    style, kind = "qmark" if dialect.paramstyle == "qmark" else "format", type(dialect)
    by_place: sa.Dialect = kind(paramstyle=style)  # type: ignore[call-arg]  # which every dialect takes
    compiled = statement.compile(dialect=by_place, column_keys=names)
    if (order := getattr(compiled, "positiontup", None)) != list(names):
        raise ValueError(f"{compiled}: its values are {order}, not {names}")
    return str(compiled)


NUL = "\0"
"""At which SQLite's JSON ends a text: an id with it is looked up in another way."""


def one_of(dialect: sa.Dialect, column: sa.ColumnElement[str], told: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return that a column has one of the ids of a JSON list: any number of them travel as one parameter."""
    if dialect.name == "sqlite":
        some = sa.func.json_each(told).table_valued(sa.column("value", sa.Text))
    else:
        some = sa.func.json_array_elements_text(sa.cast(told, sa.JSON)).table_valued(sa.column("value", sa.Text))
    return column.in_(sa.select(some.c.value))


def of_json(told: Any) -> Any:
    """Return what a field says: the driver of SQLite gives text, that of PostgreSQL the meaning, and SQLAlchemy too."""
    return from_json(told) if isinstance(told, str) else told
