"""What each person did, in the order in which it is read: columns of numbers beside a segment's Parquet files.

Parquet is made for reading much of it: to open a file, find the group of one person and decode it takes DuckDB some
milliseconds. Here the rows of a person lie together, and only the pages that they are on are read.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
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
_COLUMNS: Mapping[str, tuple[str, int]] = {
    "item": ("<i4", -1),
    "type": ("<i1", -1),
    "at": ("<i8", 0),
    "quantity": ("<i4", 1),
    "rating": ("<f4", -(2**31)),
    "price": ("<i8", -(2**63)),
    "query": ("<i4", -1),
}
"""In the order of a row, with what stands for nothing; a column in which nothing else is has no file."""
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
    'SELECT i.code AS item, type, epoch_us("at") AS "at", quantity, rating, price_minor AS price, q.code AS query '
    "FROM (SELECT *, file_index, file_row_number FROM {}) AS told LEFT JOIN texts AS i ON i.text = item_id "
    "LEFT JOIN texts AS q ON q.text = told.query ORDER BY file_index, file_row_number"
)
_USED = (
    'SELECT count(item_id), count(type), count("at"), count(*) FILTER (quantity <> 1), count(rating), '
    "count(price_minor), count(query) FROM {}"
)
_PARTS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Trails:
    """The rows of one segment, person by person, each person's oldest first; read as they are needed."""

    people: NDArray[np.uint64]
    """The high halves of the keys of their ids, in order."""
    spans: NDArray[np.void]
    """Of each of them, the low half, and where the rows are."""
    texts: NDArray[np.uint8]
    """Products and searched words in UTF-8, one after the other."""
    text_ends: NDArray[np.int64]
    """Where they end, the first being the end of nothing."""
    columns: Mapping[str, NDArray[Any]]

    def of(self, key: tuple[int, int], types: Collection[EventType], limit: int) -> list[Row]:
        """Return the newest of one person's rows of these types, oldest first, by the halves of the key of the id."""
        start, end = self._span(key)
        own = start + np.flatnonzero(np.isin(self.columns["type"][start:end], [int(kind) for kind in types]))
        own = own[max(0, len(own) - limit) :]
        told = {name: self._values(name, own) for name in _COLUMNS}
        for name in ("item", "query"):
            text_of = {code: None if code is None else self._text(code) for code in set(told[name])}
            told[name] = [text_of[code] for code in told[name]]
        return list(zip(*told.values(), strict=True))

    def _span(self, key: tuple[int, int]) -> tuple[int, int]:
        high, low = np.uint64(key[0]), np.uint64(key[1])
        place = int(np.searchsorted(self.people, high))
        while place < len(self.people) and self.people[place] == high:
            if self.spans[place]["low"] == low:
                return int(self.spans[place]["start"]), int(self.spans[place]["end"])
            place += 1
        return 0, 0

    def _values(self, name: str, places: NDArray[np.int64]) -> list[Any]:
        nothing = _COLUMNS[name][1]
        if name not in self.columns:
            return [1 if name == "quantity" else None] * len(places)
        values = self.columns[name][places].tolist()
        return values if nothing >= 0 else [None if value == nothing else value for value in values]

    def _text(self, code: int) -> str:
        return bytes(self.texts[self.text_ends[code] : self.text_ends[code + 1]]).decode()


def together(layers: Sequence[list[Row]], limit: int) -> list[Row]:
    """Return the newest of several lists, oldest first; of what happened at once, the first list's comes first."""
    if len(layers) == 1:
        return layers[0]
    return sorted(chain.from_iterable(layers), key=itemgetter(_AT))[-limit:] if limit else []


def read_trails(folder: Path, name: str) -> Trails | None:
    """Return the trails of a segment; None where it is from before they were written."""

    def read(ending: str) -> NDArray[Any]:
        return np.asarray(np.load(folder / f"{name}.{ending}.npy", mmap_mode="r"))

    try:
        people, spans, texts, text_ends = map(read, ("people", "spans", "texts", "text_ends"))
    except FileNotFoundError:
        return None
    columns = {column: read(column) for column in _COLUMNS if (folder / f"{name}.{column}.npy").exists()}
    return Trails(people, spans, texts, text_ends, columns)


def write_trails(
    connection: DuckDBPyConnection, folder: Path, name: str, parts: Sequence[Path], n_rows: int
) -> list[Path]:
    """Write the trails of a segment of so many rows from its Parquet files, which are in the order of persons.

    Return the files.
    """
    people = connection.execute(_PEOPLE.format(_read(parts))).fetchnumpy()
    ends = np.cumsum(people["n"])
    order = np.lexsort((people["low"], people["high"]))
    spans = np.empty(len(order), _SPAN)
    spans["low"], spans["start"], spans["end"] = people["low"], ends - people["n"], ends
    connection.execute(_TEXTS.format(_read(parts)))
    encoded = [text.encode() for (text,) in connection.execute("SELECT text FROM texts ORDER BY code").fetchall()]
    arrays: Mapping[str, NDArray[Any]] = {
        "people": people["high"][order],
        "spans": spans[order],
        "texts": np.frombuffer(b"".join(encoded), np.uint8),
        "text_ends": np.cumsum([0, *map(len, encoded)], dtype=np.int64),
    }
    used = connection.execute(_USED.format(_read(parts))).fetchall()[0]
    columns = [column for column, n in zip(_COLUMNS, used, strict=True) if n or column in ("type", "at")]
    files = {ending: folder / f"{name}.{ending}.npy" for ending in (*arrays, *columns)}
    for ending, array in arrays.items():
        np.save(files[ending], array)
    with ExitStack() as stack:
        # Written, not mapped: a map would end the process where the disk is full.
        open_ = {column: stack.enter_context(files[column].open("wb")) for column in columns}
        for column, file in open_.items():
            about = {"descr": _COLUMNS[column][0], "fortran_order": False, "shape": (n_rows,)}
            np.lib.format.write_array_header_1_0(file, about)
        for start in range(0, len(parts), _PARTS_AT_ONCE):
            told = connection.execute(_ROWS.format(_read(parts[start : start + _PARTS_AT_ONCE]))).fetchnumpy()
            for column, file in open_.items():
                dtype, nothing = _COLUMNS[column]
                np.ma.filled(told[column], nothing).astype(dtype, copy=False).tofile(file)
    return list(files.values())


def _read(parts: Iterable[Path]) -> str:
    return f"read_parquet([{', '.join(quote(str(part)) for part in parts)}])"
