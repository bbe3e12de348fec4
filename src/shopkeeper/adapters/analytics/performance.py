"""How products, categories and brands do: rows by SQL, distinct people by a compiled kernel."""

import numpy as np
from duckdb import DuckDBPyConnection

from shopkeeper.adapters.analytics.days import bounds
from shopkeeper.adapters.analytics.groups import groups, item_ids
from shopkeeper.adapters.analytics.log import sql
from shopkeeper.data.events import EventType
from shopkeeper.data.insights import PerformanceFigures, PerformanceQuestion, Tally
from shopkeeper.kit.crowds import crowds
from shopkeeper.ports import CatalogStore

_STEPS = np.full(max(EventType) + 1, -1, np.int8)
_STEPS[[EventType.VIEW, EventType.CART, EventType.PURCHASE]] = range(3)


def performance(
    connection: DuckDBPyConnection, catalog: CatalogStore, question: PerformanceQuestion, currency: str | None
) -> list[PerformanceFigures]:
    """Return what was done with each product, category or brand that anything was done with."""
    since, until = bounds(question.days)
    days = {"since": since, "until": until}
    rows = connection.execute(sql("performance"), days).fetchnumpy()
    paid = connection.execute(sql("money"), days | {"currency": currency}).fetchnumpy()
    if question.by == "item":
        names = item_ids(connection)
        group_of = np.arange(len(names), dtype=np.int64)
    else:
        names, group_of = groups(connection, catalog, question.by)
    whose, at, step, group = (np.asarray(rows[name]) for name in ("person", "at", "type", "item"))
    if question.by != "item":
        group = group_of[group]
        known = group >= 0
        whose, at, step, group = whose[known], at[known], step[known], group[known]
    times, people, through = crowds(whose, at, _STEPS[step], group, 3, len(names))
    minor, paid_for = np.zeros(len(names) + 1, np.int64), group_of[np.asarray(paid["item"], np.int64)]
    np.add.at(minor, paid_for, np.asarray(paid["minor"], np.int64))  # of what is in no group: at the end
    return [
        PerformanceFigures(
            name,
            viewed=Tally(int(times[0, place]), int(people[0, place])),
            carted=Tally(int(times[1, place]), int(people[1, place])),
            bought=Tally(int(times[2, place]), int(people[2, place]), int(minor[place])),
            through=int(through[place]),
        )
        for place, name in enumerate(names)
        if times[:, place].any() or minor[place]
    ]
