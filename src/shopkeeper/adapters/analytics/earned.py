"""What recommendations earned: touches and purchases by SQL, which is due to which by a compiled kernel."""

from collections import defaultdict

import numpy as np
from duckdb import DuckDBPyConnection

from shopkeeper.adapters.analytics.days import bounds
from shopkeeper.adapters.analytics.log import Columns, lent, sql
from shopkeeper.data.events import EventType
from shopkeeper.data.insights import EarnedFigures, EarnedQuestion, Tally
from shopkeeper.data.origin import Origin
from shopkeeper.kit.credit import CHOSEN, SEEN, TAKEN, credited

_LISTED = -1
_FIGURES = {
    (EventType.IMPRESSION, _LISTED): "shown",
    (EventType.CLICK, _LISTED): "clicked",
    (EventType.CART, CHOSEN): "carted",
    (EventType.PURCHASE, CHOSEN): "bought",
    (EventType.CART, SEEN): "carted_unclicked",
    (EventType.PURCHASE, SEEN): "bought_unclicked",
}
_KINDS = np.full(max(EventType) + 1, TAKEN, np.int8)
_KINDS[[EventType.IMPRESSION, EventType.CLICK]] = SEEN, CHOSEN


def earned(connection: DuckDBPyConnection, question: EarnedQuestion, currency: str | None) -> list[EarnedFigures]:
    """Return what came of all lists, and of those of each origin."""
    since, until = bounds(question.days)
    days = {"since": since, "until": until}
    touches = connection.execute(sql("touches"), days | {"currency": currency}).fetchnumpy()
    origins = [Origin.of(told) for (told,) in connection.execute("SELECT told FROM origins ORDER BY origin").fetchall()]
    values = [tuple(getattr(one, part) if one else None for part in question.by) for one in origins]
    groups = list(dict.fromkeys(values))
    places = {value: place for place, value in enumerate(groups)}
    of_origins = {"origin": np.arange(len(values)), "part": np.array([places[value] for value in values], np.int64)}
    with lent(connection, groups=of_origins, credited=_credited(touches, question.window_us)):
        rows = connection.execute(sql("earned"), days).fetchall()
    tallies: dict[int | None, dict[str, Tally]] = defaultdict(dict)
    for part, kind, how, *counts in rows:
        tallies[part][_FIGURES[EventType(kind), how]] = Tally(*counts)
    of_groups = [EarnedFigures(groups[part], **of_part) for part, of_part in tallies.items() if part is not None]
    return [EarnedFigures((), **tallies[None]), *of_groups]


def _credited(touches: Columns, window_us: int) -> Columns:
    """Return the carts and purchases that are due to lists."""
    person, item, at, origin = (np.asarray(touches[name], np.int64) for name in ("person", "item", "at", "origin"))
    n_items = int(item.max(initial=-1)) + 1
    to, how = credited(person, item, at, _KINDS[np.asarray(touches["type"])], origin, n_items, window_us)
    due = how >= 0
    others = {name: np.asarray(touches[name])[due] for name in ("person", "type", "minor")}
    return {"origin": to[due], "how": how[due], **others}
