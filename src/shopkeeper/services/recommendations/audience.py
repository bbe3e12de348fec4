"""The people whom one product may interest."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np

from shopkeeper.data.columns import Columns
from shopkeeper.data.events import EventType
from shopkeeper.data.facts import TOLD
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.trail import Trail
from shopkeeper.ranking.sources import ModelSource
from shopkeeper.services.recommendations.contract import Interested


def interested(
    source: ModelSource, columns: Columns, item_id: str, people: Mapping[str, Trail], n: int, now: datetime
) -> list[Interested]:
    """Return the n people, by what each did, whose score of the product is highest, those who bought it left out."""
    open_to_it = {who: trail for who, trail in people.items() if not _has_bought(trail, item_id)}
    names = list(open_to_it)
    batches = [HistoryBatch.from_trail(row, columns.items, as_of=now, types=TOLD) for row in open_to_it.values()]
    found = source.scores(columns.items.index(item_id), HistoryBatch.joined(batches), names)
    best = [row for row in np.argsort(-found, kind="stable").tolist() if np.isfinite(found[row])]
    return [Interested(shopper_id=names[row], score=float(found[row])) for row in best[:n]]


def _has_bought(trail: Trail, item_id: str) -> bool:
    return (item_id, EventType.PURCHASE) in zip(trail.item_id, trail.type, strict=True)
