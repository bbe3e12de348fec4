"""The rows of an import before they are anybody's history: read, judged, and told apart."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from duckdb import DuckDBPyConnection
from duckdb import Error as DuckDBError
from numpy.typing import NDArray

from shopkeeper.adapters.files.columns import COLUMNS, EVENT_ID
from shopkeeper.adapters.files.presets import choose
from shopkeeper.adapters.files.rows import Rows
from shopkeeper.adapters.files.source import open_source
from shopkeeper.estimator import Progress, ignore
from shopkeeper.kit.errors import InvalidInput

_REJECTS_SHOWN = 100_000
_IDS_AT_ONCE = 10_000
_LONGEST_ROW = 100
"""Lines in one broken row beyond which it is no row but a quote never closed."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that cannot be an event."""

    path: Path
    line: int
    """From 1, the header counted; of Parquet the number of the row."""
    reason: str
    raw: str


@dataclass(slots=True)
class Staging:
    """Events of several files in one temporary table `stage`, narrow: only columns that some file has."""

    connection: DuckDBPyConnection
    files: list[tuple[Rows, int]] = field(default_factory=list)
    """Each file with the place of its first row in the stage."""
    broken: list[Reject] = field(default_factory=list)

    def load(
        self,
        paths: Sequence[Path],
        *,
        preset: str | None,
        mapping: Mapping[str, str],
        now: datetime,
        on_progress: Progress = ignore,
    ) -> None:
        """Read all files; rows that cannot be events stay in the stage with a problem."""
        rows = []
        for path in paths:
            source = open_source(path, self.connection)
            rows.append(Rows(source, choose(source, preset, mapping)))
        needed = {column for one in rows for column in (*one.columns, *(["event_id"] if one.preset.by_day else []))}
        columns = [column for column in COLUMNS if column in needed]
        types = ", ".join(f'"{column}" {COLUMNS[column]}' for column in columns)
        self.connection.execute(f"CREATE TEMP TABLE stage ({types}, record_number BIGINT, problem VARCHAR)")
        full = ", ".join(f'{_full(column, columns)} AS "{column}"' for column in COLUMNS)
        self.connection.execute(f"CREATE TEMP VIEW events AS SELECT {full}, rowid AS place, problem FROM stage")
        for done, one in enumerate(rows):
            self._load(one, now)
            on_progress((done + 1) / len(rows))

    def _load(self, rows: Rows, now: datetime) -> None:
        path, rejects = rows.source.path, f"broken_{len(self.files)}"
        self.files.append((rows, self.count("stage")))
        into = ", ".join(f'"{column}"' for column in rows.columns)
        try:
            self.connection.execute(f"INSERT INTO stage ({into}, record_number, problem) {rows.sql(rejects, now)}")
        except DuckDBError as error:
            raise InvalidInput(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
        if rows.preset.by_day:
            self._number_repeats(self.files[-1][1])
        if rows.source.kind != "parquet":
            lines = (
                f"SELECT line, any_value(error_message), any_value(csv_line) FROM {rejects} GROUP BY line ORDER BY line"
            )
            for line, reason, raw in self.connection.execute(lines).fetchall():
                if _n_lines(str(raw)) > _LONGEST_ROW:
                    # DuckDB shows only the start, so nobody knows how many rows are lost: no share can allow that.
                    raise InvalidInput(
                        f"{path} has a quote at line {line} that is not closed and swallows the rows after it; "
                        "nothing was imported. Close or remove it."
                    )
                self.broken.append(
                    Reject(path, int(line), " ".join(str(reason).split()).removesuffix("."), str(raw).strip())
                )

    def _number_repeats(self, first: int) -> None:
        """Give the second and later of equal rows from a place on an id of their own: that of the first, and a number.

        The same file gives the same numbers, so importing it again still adds nothing.
        """
        numbered = (
            f"SELECT place, {EVENT_ID} AS id, row_number() OVER (PARTITION BY {EVENT_ID} ORDER BY place) AS n "
            f"FROM events WHERE problem IS NULL AND place >= {first}"
        )
        self.connection.execute(
            f"UPDATE stage SET event_id = id || '-' || n FROM ({numbered}) WHERE stage.rowid = place AND n > 1"
        )

    def count(self, table: str) -> int:
        """Return the number of rows of a table or view."""
        return int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])

    def check(self, max_rejects: float) -> tuple[int, int]:
        """Return how many rows are good and how many are not; InvalidInput if too large a share is not."""
        problems = self.count("stage WHERE problem IS NOT NULL")
        good = self.count("stage") - problems
        bad = problems + sum(_n_lines(reject.raw) for reject in self.broken)
        if bad > max_rejects * (good + bad):
            first = next(self.rejects())
            raise InvalidInput(
                f"{bad:,} of {good + bad:,} rows cannot be read, more than {max_rejects:.1%}; nothing was imported. "
                f"The first: {first.path} line {first.line}: {first.reason}. Mend it, or allow more (--max-rejects)."
            )
        return good, bad

    def keys(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return the keys of the distinct good events, (2, n) halves in order, and the place of the first of each."""
        found = self.connection.execute(
            "SELECT CAST(key >> 64 AS UBIGINT) AS high, CAST(key & 18446744073709551615::UHUGEINT AS UBIGINT) AS low, "
            f"min(place) AS place FROM (SELECT md5_number({EVENT_ID}) AS key, place FROM events WHERE problem IS NULL) "
            "GROUP BY key ORDER BY key"
        ).fetchnumpy()
        return np.stack((found["high"], found["low"])), found["place"]

    def places_of(self, known: Callable[[Sequence[str]], set[str]]) -> list[int]:
        """Return the places of the good events whose ids `known` picks out."""
        found: list[int] = []
        cursor = self.connection.execute(f"SELECT {EVENT_ID}, place FROM events WHERE problem IS NULL")
        while batch := cursor.fetchmany(_IDS_AT_ONCE):
            picked = known([event_id for event_id, _ in batch])
            found.extend(place for event_id, place in batch if event_id in picked)
        return found

    def choose(self, places: NDArray[np.int64]) -> None:
        """Make the view `chosen` of the events at these places."""
        if len(places) == self.count("stage"):
            self.connection.execute("CREATE TEMP VIEW chosen AS FROM events")
            return
        self.connection.register("places", {"place": places})
        self.connection.execute("CREATE TEMP VIEW chosen AS FROM events WHERE place IN (SELECT place FROM places)")

    def rejects(self) -> Iterator[Reject]:
        """Go through all that is no event, file by file in line order."""
        problems = self.connection.execute(
            "SELECT rowid, record_number, problem FROM stage WHERE problem IS NOT NULL "
            f"ORDER BY rowid LIMIT {_REJECTS_SHOWN}"
        ).fetchall()
        for (rows, first), (_, end) in zip(self.files, [*self.files[1:], (None, 1 << 62)], strict=True):
            path = rows.source.path
            broken = [reject for reject in self.broken if reject.path == path]
            yield from broken
            lines = [reject.line for reject in broken]
            for place, record_number, problem in problems:
                if first <= place < end:
                    reason, _, raw = problem.partition("\x1f")
                    number = record_number or place - first + 1
                    yield Reject(path, _line(number + rows.source.header, lines), reason, raw)


def _full(column: str, present: Sequence[str]) -> str:
    default = f"CAST(NULL AS {COLUMNS[column]})"
    if column == "quantity":
        default = "1"
    if column == "visitor_id" and "user_id" in present:
        default = "user_id"
    return f'coalesce("{column}", {default})' if column in present else default


def _n_lines(raw: str) -> int:
    return raw.strip().count("\n") + 1


def _line(number: int, broken: Iterable[int]) -> int:
    """Return the line of the n-th whole row, given the lines of broken ones in order."""
    for line in broken:
        if line > number:
            break
        number += 1
    return number


def write_rejects(rejects: Iterable[Reject], path: Path) -> None:
    """Write a CSV that a merchant can open next to the source."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "line", "reason", "raw"))
        writer.writerows((reject.path, reject.line, reject.reason, reject.raw) for reject in rejects)
