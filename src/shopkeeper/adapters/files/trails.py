"""What each person did, in the order in which it is read: rows of numbers beside a segment's Parquet files.

Parquet is made for reading much of it: to open a file, find the group of one person and decode it takes DuckDB some
milliseconds. Here a person's rows lie together, and only the pages that they are on are read.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import isnan
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from shopkeeper.adapters.files.source import quote
from shopkeeper.data.events import EventType

Row = tuple[Any, ...]
"""As `Trail.of_rows` takes it."""
_AT = 2

_NONE = -(2**63)
_COLUMNS = {
    "at": "<i8",
    "price": "<i8",
    "item": "<i4",
    "query": "<i4",
    "quantity": "<i4",
    "rating": "<f4",
    "type": "<i4",
}
_ROW = np.dtype(list(_COLUMNS.items()))
_SPAN = np.dtype([("low", "<u8"), ("start", "<i8"), ("end", "<i8")])
_PEOPLE = (
    "SELECT md5_number_lower(shopper_id) AS high, md5_number_upper(shopper_id) AS low, count(*) AS n FROM {} "
    "GROUP BY shopper_id ORDER BY shopper_id"
)
_TEXTS = (
    "CREATE OR REPLACE TEMP TABLE texts AS SELECT text, CAST(row_number() OVER (ORDER BY text) - 1 AS INTEGER) AS code "
    "FROM (SELECT item_id AS text FROM {0} UNION SELECT query FROM {0}) WHERE text IS NOT NULL"
)
_ROWS = (
    'SELECT i.code AS item, q.code AS query, type, epoch_us("at") AS "at", quantity, rating, price_minor AS price '
    "FROM (SELECT *, file_index, file_row_number FROM {}) AS told LEFT JOIN texts AS i ON i.text = item_id "
    "LEFT JOIN texts AS q ON q.text = told.query ORDER BY file_index, file_row_number"
)
_PARTS_AT_ONCE = 8
_ENDINGS = ("people", "rows", "spans", "texts", "text_ends")


@dataclass(frozen=True, slots=True)
class Trails:
    """The rows of one segment, person by person, each person's oldest first; read as they are needed."""

    people: NDArray[np.uint64]
    """The high halves of the keys of their ids, in order."""
    rows: NDArray[np.void]
    spans: NDArray[np.void]
    """Of each of them, the low half, and where the rows are."""
    texts: NDArray[np.uint8]
    """Products and searched words in UTF-8, one after the other."""
    text_ends: NDArray[np.int64]
    """Where they end, the first being the end of nothing."""

    def of(self, key: tuple[int, int], types: Collection[EventType], limit: int) -> list[Row]:
        """Return the newest of one person's rows of these types, oldest first, by the halves of the key of the id."""
        own = self._own(key)
        own = own[np.isin(own["type"], [int(kind) for kind in types])]
        own = own[max(0, len(own) - limit) :]
        text_of = {code: self._text(code) for code in {*own["item"].tolist(), *own["query"].tolist()}}
        return [
            (
                text_of[item],
                type_,
                at,
                quantity,
                None if isnan(rating) else rating,
                None if price == _NONE else price,
                text_of[query],
            )
            for at, price, item, query, quantity, rating, type_ in own.tolist()
        ]

    def _own(self, key: tuple[int, int]) -> NDArray[np.void]:
        high, low = np.uint64(key[0]), np.uint64(key[1])
        place = int(np.searchsorted(self.people, high))
        while place < len(self.people) and self.people[place] == high:
            if self.spans[place]["low"] == low:
                return np.asarray(self.rows[self.spans[place]["start"] : self.spans[place]["end"]])
            place += 1
        return self.rows[:0]

    def _text(self, code: int) -> str | None:
        if code < 0:
            return None
        return bytes(self.texts[self.text_ends[code] : self.text_ends[code + 1]]).decode()


def together(layers: Sequence[list[Row]], limit: int) -> list[Row]:
    """Return the newest of several lists, oldest first; of what happened at once, the first list's comes first."""
    if len(layers) == 1:
        return layers[0]
    return sorted(chain.from_iterable(layers), key=itemgetter(_AT))[-limit:] if limit else []


def files_of(folder: Path, name: str) -> list[Path]:
    """Return where the trails of a segment are."""
    return [folder / f"{name}.{ending}.npy" for ending in _ENDINGS]


def read_trails(folder: Path, name: str) -> Trails | None:
    """Return the trails of a segment; None where it is from before they were written."""
    try:
        return Trails(*(np.load(path, mmap_mode="r") for path in files_of(folder, name)))
    except FileNotFoundError:
        return None


def write_trails(connection: DuckDBPyConnection, folder: Path, name: str, parts: Sequence[Path], n_rows: int) -> None:
    """Write the trails of a segment of so many rows from its Parquet files, which are in the order of persons."""
    people_at, rows_at, spans_at, texts_at, ends_at = files_of(folder, name)
    people = connection.execute(f"{_PEOPLE.format(_read(parts))}").fetchnumpy()
    ends = np.cumsum(people["n"])
    order = np.lexsort((people["low"], people["high"]))
    spans = np.empty(len(order), _SPAN)
    spans["low"], spans["start"], spans["end"] = people["low"], ends - people["n"], ends
    np.save(people_at, people["high"][order])
    np.save(spans_at, spans[order])
    connection.execute(_TEXTS.format(_read(parts)))
    texts = connection.execute("SELECT text FROM texts ORDER BY code").fetchall()
    encoded = [text.encode() for (text,) in texts]
    np.save(texts_at, np.frombuffer(b"".join(encoded), np.uint8))
    np.save(ends_at, np.cumsum([0, *map(len, encoded)], dtype=np.int64))
    with rows_at.open("wb") as file:  # a map of it would end the process where the disk is full
        shape = {"descr": np.lib.format.dtype_to_descr(_ROW), "fortran_order": False, "shape": (n_rows,)}
        np.lib.format.write_array_header_1_0(file, shape)
        for start in range(0, len(parts), _PARTS_AT_ONCE):
            some = _read(parts[start : start + _PARTS_AT_ONCE])
            file.write(_rows(connection.execute(_ROWS.format(some)).fetchnumpy()).tobytes())


def _read(parts: Iterable[Path]) -> str:
    return f"read_parquet([{', '.join(quote(str(part)) for part in parts)}])"


def _rows(told: dict[str, NDArray[Any]]) -> NDArray[np.void]:
    rows = np.empty(len(told["at"]), _ROW)
    for column in ("at", "type", "quantity"):
        rows[column] = told[column]
    for column, nothing in (("price", _NONE), ("item", -1), ("query", -1), ("rating", np.nan)):
        rows[column] = np.ma.filled(told[column].astype(_ROW[column]), nothing)
    return rows
