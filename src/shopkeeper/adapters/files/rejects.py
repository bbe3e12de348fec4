"""Rows of a file that cannot be used: what is wrong with them, and on which line they stand."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import ArrayLike, NDArray

from shopkeeper.adapters.files.source import LINE_LIMIT, Source

_LINES_AT_ONCE = 10_000

Problem = tuple[int, str, str]
"""Number, reason and raw text of a row: a broken one has DuckDB's number, a whole one its place among the whole."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that cannot be an event or a product."""

    path: Path
    line: int
    """Where it begins, from 1; of Parquet the number of the row."""
    reason: str
    raw: str


def broken_rows(source: Source, table: str, connection: DuckDBPyConnection) -> list[Problem]:
    """Return what DuckDB could not split into cells and noted in a table, in order."""
    if source.kind == "parquet":
        return []
    rows = f"SELECT line, any_value(error_message), any_value(csv_line) FROM {table} GROUP BY line ORDER BY line"
    return [
        (int(line), " ".join(str(reason).split()).removesuffix("."), str(raw).strip())
        for line, reason, raw in connection.execute(rows).fetchall()
    ]


def in_line_order(
    source: Source, broken: Sequence[Problem], whole: Sequence[Problem], connection: DuckDBPyConnection
) -> list[Reject]:
    """Return the broken rows and the whole ones that are no good as they stand in the file, with their lines."""
    if not (broken or whole):
        return []
    inner, blank = _lines_without_row(source, connection)
    # DuckDB counts blank lines, yet not those within a quoted cell.
    broken_at = _kept([number for number, _, _ in broken], inner)
    skipped = np.union1d(np.union1d(inner, blank), broken_at)
    whole_at = _kept([number + source.header for number, _, _ in whole], skipped)
    lines = [*broken_at.tolist(), *whole_at.tolist()]
    rejects = [
        Reject(source.path, line, reason, raw) for line, (_, reason, raw) in zip(lines, [*broken, *whole], strict=True)
    ]
    return sorted(rejects, key=lambda reject: reject.line)


def _kept(numbers: ArrayLike, skipped: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the n-th of the numbers 1, 2 ... that are not among the sorted `skipped`, for each n."""
    wanted = np.asarray(numbers, np.int64)
    return wanted + np.searchsorted(skipped - np.arange(len(skipped)), wanted, side="right")


def _lines_without_row(source: Source, connection: DuckDBPyConnection) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the lines on which a row goes on within a quoted cell, and the blank ones between rows.

    A second pass over the file, for which only lines with a quote and blank ones leave DuckDB. The record of a line
    of JSON carries its number already.
    """
    if source.kind != "csv":
        return np.array([], np.int64), np.array([], np.int64)
    try:
        return _read_lines(source, connection, "utf-8")
    except duckdb.InvalidInputException:
        # Some of it is no UTF-8; quotes and breaks stand in the same places. It does not take all that UTF-8 has.
        return _read_lines(source, connection, "latin-1")


def _read_lines(
    source: Source, connection: DuckDBPyConnection, encoding: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    inner: list[int] = []
    blank: list[int] = []
    numbered = f"SELECT row_number() OVER () AS number, line FROM {source.lines(encoding)}"
    lines = connection.execute(f"FROM ({numbered}) WHERE line IS NULL OR contains(line, '\"')")
    row: list[int] = []
    csv.field_size_limit(LINE_LIMIT)
    for cells in csv.reader(_fed(lines, row), delimiter=source.delimiter):
        inner.extend(range(row[0] + 1, row[-1] + 1))
        if not cells:
            blank.append(row[0])
        row.clear()
    return np.array(inner, np.int64), np.array(blank, np.int64)


def _fed(lines: DuckDBPyConnection, row: list[int]) -> Iterator[str]:
    """Go through numbered lines, adding the number of each to the row that its reader is in."""
    while batch := lines.fetchmany(_LINES_AT_ONCE):
        for number, line in batch:
            row.append(number)
            yield (line or "").replace("\r", "") + "\n"


def write_rejects(rejects: Iterable[Reject], path: Path) -> None:
    """Write a CSV that a merchant can open next to the source."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "line", "reason", "raw"))
        writer.writerows((reject.path, reject.line, reject.reason, reject.raw) for reject in rejects)
