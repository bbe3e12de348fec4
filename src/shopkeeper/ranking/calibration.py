"""Lists that keep the mix of what a person turns to, and do not narrow to the most of it."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.columns import PRICE_BAND, Columns
from shopkeeper.data.events import INTERACTIONS
from shopkeeper.data.history import HistoryBatch
from shopkeeper.kit.calibrated import Mix, calibrated, mix
from shopkeeper.ranking.candidates import Candidates

PARTS = ("categories", "brand", PRICE_BAND)
"""What a mix is of: a product's categories with what each is part of, its brand, and its price, by doublings."""

PRIOR = 5.0
"""Interactions that the candidates count for beside the person's own: one click is not yet a taste."""


def calibrate(
    found: Candidates,
    columns: Columns,
    history: HistoryBatch,
    share: float,
    n: int,
    *,
    parts: tuple[str, ...] = PARTS,
    prior: float = PRIOR,
) -> Candidates:
    """Return the candidates with n chosen one by one, so that their mix is near that of the history.

    The next is the one with the largest (1 - share) merit_i / max merit - share KL(p, q) (Steck 2018), p the mix of
    the person's interactions and, as `prior` more of them, of the candidates by their merit; q that of the list.
    Nothing changes for who did nothing, and where nothing is said of products.
    """
    did = history.item_idx[history.are_of(INTERACTIONS)]
    if not share or not len(did):
        return found
    sets = columns.sets(parts)
    part_of = np.repeat(np.arange(len(parts), dtype=np.int8), [len(columns.texts(part).values) for part in parts])

    def whole(weights: Mix) -> Mix:
        """Return shares of codes, those of each part 1 together."""
        totals = np.bincount(part_of, weights, len(parts))
        return np.divide(weights, totals[part_of], out=np.zeros_like(weights), where=totals[part_of] > 0)

    def chosen(front: Candidates) -> NDArray[np.int64]:
        own = whole(mix(did, sets, part_of, np.ones(len(did))))
        offered = whole(mix(front.item_idx, sets, part_of, front.merit))
        trust = len(did) / (len(did) + prior)
        wanted = whole(trust * own + (1 - trust) * offered)
        return calibrated(front.merit / front.merit.max(), front.item_idx, sets, part_of, wanted, share, n)

    return found.reordered(chosen)
