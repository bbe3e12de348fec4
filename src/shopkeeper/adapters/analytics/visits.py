"""What people do in one visit: the ways that they take, and what comes of their searches."""

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from shopkeeper.adapters.analytics.days import bounds
from shopkeeper.adapters.analytics.groups import groups
from shopkeeper.adapters.analytics.log import lent, sql
from shopkeeper.data.events import INTERACTIONS, EventType
from shopkeeper.data.insights import SILENCE_US, Days, PathFigures, PathsQuestion, SearchFigures, Tally, WayFigures
from shopkeeper.kit.visits import followed, visits, ways
from shopkeeper.ports import CatalogStore


def paths(connection: DuckDBPyConnection, catalog: CatalogStore, question: PathsQuestion, least: int) -> PathFigures:
    """Return the beginnings of visits that enough people share."""
    rows = _rows(connection, question.days)
    names, group_of = groups(connection, catalog, "category") if question.by_category else ([], np.array([-1]))
    kind, person, item = rows["type"], rows["person"], rows["item"]
    visit = visits(person, rows["at"], SILENCE_US)
    del rows  # of millions of events each column counts
    chosen = np.isin(kind, question.types)
    # A step is a type and, from 1 on, a category.
    step = np.where(chosen, kind, np.int8(-1)).astype(np.int32)
    if question.by_category:
        step[chosen] = step[chosen] * (len(names) + 1) + group_of[item[chosen]] + 1
    del item, kind
    n_visits, n_people = (int(np.count_nonzero(np.diff(of[chosen], prepend=-1))) for of in (visit, person))
    found = [
        WayFigures(tuple(_name(one, names) for one in way.steps), way.has_ended, way.visits, way.people)
        for way in ways(visit, person, step, question.length, least)
    ]
    return PathFigures(n_visits, n_people, found)


def searches(connection: DuckDBPyConnection, days: Days, least: int) -> list[SearchFigures]:
    """Return what came of all searches, and of those for words that enough people searched for."""
    rows = _rows(connection, days)
    person = rows["person"]
    asked = rows["query"] >= 0
    acted = np.isin(rows["type"], INTERACTIONS) & (rows["item"] >= 0)
    is_followed = followed(visits(person, rows["at"], SILENCE_US), rows["at"], asked, acted)
    table = {"query": rows["query"][asked], "person": person[asked], "is_followed": is_followed[asked]}
    with lent(connection, searches=table):
        told = connection.execute(sql("searches"), {"least": least}).fetchall()
    return [
        SearchFigures(words, Tally(*counts[:2]), Tally(*counts[2:4]), Tally(*counts[4:6]), Tally(*counts[6:]))
        for words, *counts in told
    ]


def _rows(connection: DuckDBPyConnection, days: Days) -> dict[str, NDArray[np.integer]]:
    since, until = bounds(days)
    rows = connection.execute(sql("visits"), {"since": since, "until": until}).fetchnumpy()
    return {name: np.asarray(column) for name, column in rows.items()}


def _name(step: int, names: list[str]) -> str:
    kind, group = divmod(step, len(names) + 1)
    label = EventType(kind).label
    return f"{label} {names[group - 1]}" if group else label
