"""The rows of an import before they are anybody's history: read, judged, and told apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from duckdb import DuckDBPyConnection
from duckdb import Error as DuckDBError
from numpy.typing import NDArray

from shopkeeper.adapters.files.columns import COLUMNS, EVENT_ID, HALVES
from shopkeeper.adapters.files.presets import COLUMN_NAMES, choose
from shopkeeper.adapters.files.reading import reason_of
from shopkeeper.adapters.files.rejects import Problem, Reject, broken_rows, in_line_order
from shopkeeper.adapters.files.rows import Rows
from shopkeeper.adapters.files.source import open_source
from shopkeeper.estimator import Progress, ignore
from shopkeeper.kit.errors import InvalidInput

_REJECTS_SHOWN = 100_000
_IDS_AT_ONCE = 10_000
_LONGEST_ROW = 100
"""Lines in one broken row beyond which it is no row but a quote never closed."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file in the stage."""

    rows: Rows
    first: int
    """The place of its first row."""
    broken: list[Problem]


@dataclass(slots=True)
class Staging:
    """Events of several files in one temporary table `stage`, narrow: only columns that some file has."""

    connection: DuckDBPyConnection
    files: list[Loaded] = field(default_factory=list)

    def load(
        self,
        paths: Sequence[Path],
        *,
        preset: str | None,
        mapping: Mapping[str, str],
        header: bool | None,
        now: datetime,
        on_progress: Progress = ignore,
    ) -> None:
        """Read all files; rows that cannot be events stay in the stage with a problem."""
        rows = []
        for path in paths:
            source = open_source(path, self.connection, header=header, names=COLUMN_NAMES)
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
        path, rejects, first = rows.source.path, f"broken_{len(self.files)}", self.count("stage")
        into = ", ".join(f'"{column}"' for column in rows.columns)
        try:
            self.connection.execute(f"INSERT INTO stage ({into}, record_number, problem) {rows.sql(rejects, now)}")
        except DuckDBError as error:
            raise InvalidInput(f"{path} cannot be read: {reason_of(error)}") from error
        if rows.preset.by_day:
            self._number_repeats(first)
        loaded = Loaded(rows, first, broken_rows(rows.source, rejects, self.connection))
        if endless := [row for row in loaded.broken if _n_lines(row[2]) > _LONGEST_ROW]:
            # DuckDB shows only the start, so nobody knows how many rows are lost: no share can allow that.
            (found,) = in_line_order(rows.source, endless[:1], [], self.connection)
            raise InvalidInput(
                f"{path} has a quote at line {found.line} that is not closed and swallows the rows after it, "
                "so it was not imported. Close or remove it."
            )
        self.files.append(loaded)

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
        bad = problems + sum(_n_lines(raw) for loaded in self.files for _, _, raw in loaded.broken)
        if bad > max_rejects * (good + bad):
            first = self.rejects()[0]
            raise InvalidInput(
                f"{bad:,} of {good + bad:,} rows cannot be read, more than {max_rejects:.1%}, so none was imported. "
                f"The first: {first.path} line {first.line}: {first.reason}. Mend it, or allow more (--max-rejects)."
            )
        return good, bad

    def keys(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return the keys of the distinct good events, (2, n) halves in order, and the place of the first of each."""
        found = self.connection.execute(
            f"SELECT {HALVES}, min(place) AS place FROM "
            f"(SELECT md5_number({EVENT_ID}) AS key, place FROM events WHERE problem IS NULL) GROUP BY key ORDER BY key"
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
            self.connection.execute("CREATE OR REPLACE TEMP VIEW chosen AS FROM events")
            return
        self.connection.register("places", {"place": places})
        self.connection.execute(
            "CREATE OR REPLACE TEMP VIEW chosen AS FROM events WHERE place IN (SELECT place FROM places)"
        )

    def rejects(self) -> list[Reject]:
        """Return all that is no event, file by file in line order."""
        problems = self.connection.execute(
            "SELECT rowid, record_number, problem FROM stage WHERE problem IS NOT NULL "
            f"ORDER BY rowid LIMIT {_REJECTS_SHOWN}"
        ).fetchall()
        rejects: list[Reject] = []
        for one, end in zip(self.files, [*(after.first for after in self.files[1:]), 1 << 62], strict=True):
            whole = [
                (number or place - one.first + 1, *problem.split("\x1f", 1))
                for place, number, problem in problems
                if one.first <= place < end
            ]
            rejects += in_line_order(one.rows.source, one.broken, whole, self.connection)
        return rejects


def _full(column: str, present: Sequence[str]) -> str:
    default = f"CAST(NULL AS {COLUMNS[column]})"
    if column == "quantity":
        default = "1"
    if column == "visitor_id" and "user_id" in present:
        default = "user_id"
    return f'coalesce("{column}", {default})' if column in present else default


def _n_lines(raw: str) -> int:
    return raw.strip().count("\n") + 1
