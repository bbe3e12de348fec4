"""The analyses: which rows, by SQL; what follows what, by compiled kernels."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, pairwise
from threading import Lock
from zoneinfo import ZoneInfo

import numpy as np
from duckdb import DuckDBPyConnection, OutOfMemoryException
from numpy.typing import NDArray

from shopkeeper.adapters.analytics.days import PERIOD_SQL, bounds, start_of
from shopkeeper.adapters.analytics.earned import earned
from shopkeeper.adapters.analytics.echo import echo
from shopkeeper.adapters.analytics.groups import groups
from shopkeeper.adapters.analytics.log import Imported, Log, sql
from shopkeeper.adapters.analytics.performance import performance
from shopkeeper.adapters.analytics.visits import paths, searches
from shopkeeper.data.events import EventType
from shopkeeper.data.insights import (
    Cohort,
    Days,
    EarnedFigures,
    EarnedQuestion,
    EchoFigures,
    FunnelFigures,
    FunnelQuestion,
    PairFigures,
    PathFigures,
    PathsQuestion,
    PerformanceFigures,
    PerformanceQuestion,
    RetentionQuestion,
    RfmCell,
    RfmFigures,
    SearchFigures,
)
from shopkeeper.kit.chains import chains
from shopkeeper.kit.errors import Unavailable
from shopkeeper.ports import CatalogStore, LiveEventStore, MergeStore
from shopkeeper.ports.people import AllowedEvents

_EVERYTHING: Sequence[str | None] = [None]


class DuckAnalytics:
    """An Analytics over Parquet files and a live store. One question at a time: each may take all cores."""

    def __init__(
        self,
        imported: Imported,
        live: LiveEventStore,
        merges: MergeStore,
        catalog: CatalogStore,
        zone: ZoneInfo,
        *,
        allowed: AllowedEvents | None = None,
        memory: str = "1GB",
    ) -> None:
        """Count who is `allowed`, or else everybody; keep tables in at most so much memory, in DuckDB's words."""
        self._log, self._catalog = Log(imported, live, merges, zone, allowed, memory), catalog
        self._turn = Lock()

    @contextmanager
    def _tables(self) -> Iterator[DuckDBPyConnection]:
        with self._turn:
            try:
                yield self._log.connection()
            except OutOfMemoryException as error:
                raise Unavailable("This analysis needs more memory than it may take: ask for fewer days.") from error

    def count(self) -> int:
        """Return the number of events, quickly."""
        return self._log.count()

    def funnel(self, question: FunnelQuestion) -> list[FunnelFigures]:
        """Return the funnel, or one for each value that it is broken down by, most people first."""
        since, until = bounds(question.days)
        types = None if question.strict else [int(kind) for kind in question.steps]
        with self._tables() as connection:
            asked = {"since": since, "until": until, "types": types}
            rows = connection.execute(sql("funnel"), asked).fetchnumpy()
            names, group_of = groups(connection, self._catalog, question.by) if question.by else (_EVERYTHING, None)
        whose, at = np.asarray(rows["person"], np.int64), np.asarray(rows["at"], np.int64)
        step = _steps(question.steps)[np.asarray(rows["type"])]
        n_people = int(whose.max(initial=0)) + 1
        if group_of is not None:
            group = group_of[np.asarray(rows["item"])]
            known = np.flatnonzero(group >= 0)
            known = known[np.argsort(group[known], kind="stable")]
            # The same person in two groups is two.
            whose, at, step = whose[known] + group[known] * n_people, at[known], step[known]
        who, reached, took = chains(whose, at, step, len(question.steps), question.window_us, strict=question.strict)
        found = [
            _figures(names[number], reached[place], took[place], len(question.steps))
            for number, place in _runs(who // n_people)
        ]
        return sorted((one for one in found if one.reached[0]), key=lambda one: (-one.reached[0], str(one.group)))

    def retention(self, question: RetentionQuestion) -> list[Cohort]:
        """Return the cohorts with somebody in them, the oldest first."""
        since, until = bounds(question.days)
        again = [int(kind) for kind in question.again]
        asked = {"since": since, "until": until, "again": again, "periods": question.periods}
        with self._tables() as connection:
            connection.execute(f"CREATE OR REPLACE TEMP MACRO period(day) AS {PERIOD_SQL[question.every]}")
            rows = connection.execute(sql("retention"), asked).fetchall()
        return [
            Cohort(start_of(question.every, cohort), tuple(people for _, _, people in of_cohort))
            for cohort, of_cohort in groupby(rows, key=lambda row: int(row[0]))
        ]

    def rfm(self, days: Days) -> RfmFigures:
        """Return how many customers have which scores, of what they bought in these days."""
        since, until = bounds(days)
        asked = {"since": since, "until": until}
        with self._tables() as connection:
            currency = _currency(connection, days)
            rows = connection.execute(sql("rfm"), asked | {"currency": currency}).fetchall()
        return RfmFigures([RfmCell(*row) for row in rows], currency)

    def pairs(self, days: Days, *, least: int = 10) -> PairFigures:
        """Return the pairs of products that so many baskets hold both of, of baskets with up to 100 products."""
        since, until = bounds(days)
        with self._tables() as connection:
            connection.execute(sql("lines"), {"since": since, "until": until})
            n_baskets, n_items = connection.execute(sql("sizes"), {"least": least}).fetchone() or (0, 0)
            rows = connection.execute(sql("pairs"), {"least": least}).fetchnumpy()
            connection.execute("DROP TABLE lines")
        counts = {
            name: np.asarray(rows[name], np.int64) for name in ("with_first", "with_second", "with_both", "people")
        }
        return PairFigures(
            n_baskets, n_items, list(zip(rows["first"].tolist(), rows["second"].tolist(), strict=True)), **counts
        )

    def earned(self, question: EarnedQuestion) -> tuple[list[EarnedFigures], str | None]:
        """Return what came of all lists and of those of each origin, and the currency of the money."""
        with self._tables() as connection:
            currency = _currency(connection, question.days)
            return earned(connection, question, currency), currency

    def performance(self, question: PerformanceQuestion) -> tuple[list[PerformanceFigures], str | None]:
        """Return what was done with each product, category or brand, and the currency of the money."""
        with self._tables() as connection:
            currency = question.currency or _currency(connection, question.days)
            return performance(connection, self._catalog, question, currency), currency

    def paths(self, question: PathsQuestion, *, least: int = 10) -> PathFigures:
        """Return the beginnings of visits that so many people share."""
        with self._tables() as connection:
            return paths(connection, self._catalog, question, least)

    def echo(self, days: Days) -> EchoFigures:
        """Return what lists led people to, against what they found alone; without a first day, in the last 28."""
        with self._tables() as connection:
            return echo(connection, self._catalog, days)

    def searches(self, days: Days, *, least: int = 10) -> list[SearchFigures]:
        """Return what came of all searches, and of those for words that so many people searched for."""
        with self._tables() as connection:
            return searches(connection, days, least)


def _currency(connection: DuckDBPyConnection, days: Days) -> str | None:
    """Return that of most purchases."""
    since, until = bounds(days)
    found = connection.execute(sql("currency"), {"since": since, "until": until}).fetchone()
    return None if found is None else str(found[0])


def _steps(types: Sequence[EventType]) -> NDArray[np.int8]:
    """Return the place among the steps of each type of event; -1 where it is none."""
    places = np.full(max(EventType) + 1, -1, np.int8)
    places[list(types)] = np.arange(len(types))
    return places


def _runs(values: NDArray[np.int64]) -> list[tuple[int, slice]]:
    """Return each value of a sorted array with where it is."""
    starts = np.flatnonzero(np.diff(values, prepend=-1)).tolist()
    return [(int(values[start]), slice(start, end)) for start, end in pairwise([*starts, len(values)])]


def _figures(group: str | None, reached: NDArray[np.int8], took: NDArray[np.int64], n_steps: int) -> FunnelFigures:
    counts = np.bincount(reached, minlength=n_steps + 1)[::-1].cumsum()[::-1]
    ended = took[took >= 0]
    return FunnelFigures(group, tuple(counts[1:].tolist()), float(np.median(ended)) if len(ended) else None)
