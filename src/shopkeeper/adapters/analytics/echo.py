"""Whether lists narrow people: rows by SQL, entropies by numpy."""

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from shopkeeper.adapters.analytics.days import bounds
from shopkeeper.adapters.analytics.groups import groups
from shopkeeper.adapters.analytics.log import sql
from shopkeeper.data.insights import Days, EchoFigures, Tally
from shopkeeper.ports import CatalogStore
from shopkeeper.ranking.echo import DAYS, ENOUGH, NARROWED

_Ints = NDArray[np.int64]


def echo(connection: DuckDBPyConnection, catalog: CatalogStore, days: Days) -> EchoFigures:
    """Return what lists led people to, against what they found alone; without a first day, in the last 28."""
    since, until = bounds(days)
    rows = connection.execute(sql("echo"), {"until": until}).fetchnumpy()
    names, group_of = groups(connection, catalog, "category")
    person, led, day = np.asarray(rows["person"], np.int64), np.asarray(rows["led"], np.bool_), np.asarray(rows["day"])
    if days.since is None and len(day):
        since = int(day.max()) - DAYS + 1
    kind, late = group_of[np.asarray(rows["item"])], np.asarray(day) >= since
    cell = person * max(1, len(names)) + kind
    told = late & (kind >= 0)
    n_people = int(person.max(initial=-1)) + 1
    of_each = [np.bincount(person[told & part], minlength=n_people) for part in (~led, led)]
    fewer = np.minimum(*of_each)
    alone, through = (_entropy(person, kind, told & part & _newest(person, told & part, fewer)) for part in (~led, led))
    judged = fewer >= ENOUGH
    before = np.unique(person[~late & (kind >= 0)])
    kinds = np.unique(cell[told & np.isin(person, before)])
    unseen = np.isin(kinds, cell[~late & (kind >= 0)], invert=True)
    return EchoFigures(
        turned=_tally(person[late]),
        led=_tally(person[late & led]),
        judged=int(judged.sum()),
        narrowed=int((judged & (through < (1 - NARROWED) * alone)).sum()),
        alone=float(alone[judged].sum()),
        through=float(through[judged].sum()),
        kinds=Tally(len(kinds), len(np.unique(kinds // max(1, len(names))))),
        unseen=int(unseen.sum()),
    )


def _tally(person: _Ints) -> Tally:
    return Tally(len(person), len(np.unique(person)))


def _newest(person: _Ints, chosen: NDArray[np.bool_], most: _Ints) -> NDArray[np.bool_]:
    """Return which of the chosen are among the so many newest of their person, who come in order."""
    later = np.cumsum(chosen[::-1])[::-1]
    ends = np.searchsorted(person, np.arange(len(most)), "right")
    after = np.append(later, 0)[ends]
    return np.asarray(later - after[person] <= most[person])


def _entropy(person: _Ints, kind: _Ints, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the entropy of each person's kinds, in nats: ln n - sum of c ln c / n."""
    n_people, n_kinds = int(person.max(initial=-1)) + 1, int(kind.max(initial=-1)) + 1
    cells, counts = np.unique(person[chosen] * max(1, n_kinds) + kind[chosen], return_counts=True)
    n = np.maximum(np.bincount(person[chosen], minlength=n_people), 1)
    spent = np.bincount(cells // max(1, n_kinds), counts * np.log(counts), n_people)
    return np.asarray(np.log(n) - spent / n)
