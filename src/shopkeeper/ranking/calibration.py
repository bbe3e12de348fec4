"""Lists that keep the mix of what a person turns to, and do not narrow to the most of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.columns import PRICE_BAND, Columns
from shopkeeper.data.events import INTERACTIONS, EventType
from shopkeeper.data.history import HistoryBatch
from shopkeeper.kit.calibrated import Mix, blended, calibrated, held, shares
from shopkeeper.kit.spread import Sets
from shopkeeper.ranking.candidates import Candidates

PARTS = ("categories", "brand", PRICE_BAND)
"""What a mix is of: a product's categories with what each is part of, its brand, and its price, by doublings."""

SOUGHT = tuple(kind for kind in INTERACTIONS if kind != EventType.CLICK)

PRIOR = 5.0
"""Interactions that the candidates count for beside the person's own: one click is not yet a taste."""


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """What a person turned to, as shares of categories, brands and price bands."""

    sets: Sets
    part_of: NDArray[np.int8]
    """Which part each code is of, (n_codes,)."""
    own: Mix
    n: int
    """Interactions that it is made of."""

    @classmethod
    def of(cls, columns: Columns, history: HistoryBatch, parts: tuple[str, ...] = PARTS) -> "Taste":
        """Return that of one history, of which what the person turned to counts, and clicks in lists do not.

        A list that follows what was clicked on in the lists before narrows with each of them.
        """

        def made() -> "Taste":
            did = history.item_idx[history.are_of(SOUGHT)]
            sets, part_of = columns.sets(parts), columns.parts(parts)
            return cls(sets, part_of, shares(did, sets, part_of), len(did))

        return history.remember((cls, columns, parts), made)

    def wanted(self, found: Candidates, prior: float) -> Mix:
        """Return the mix that a list shall have: the person's, and that of candidates by merit as `prior` more."""
        return blended(self.own, self.n / (self.n + prior), found.item_idx, self.sets, self.part_of, found.merit)

    def suits(self, items: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return how much the kinds of products are the person's, (B,): 1 in the mean; of a short history, near 1."""
        each = held(items, self.sets, self.own)
        if not (total := float(each.sum())):
            return np.ones(len(items))
        trust = self.n / (self.n + PRIOR)
        return np.asarray((1 - trust) + trust * len(items) / total * each)


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
    taste = Taste.of(columns, history, parts)
    if not share or not taste.n:
        return found

    def chosen(front: Candidates) -> NDArray[np.int64]:
        worth, wanted = front.merit / front.merit[0], taste.wanted(front, prior)
        return calibrated(worth, front.item_idx, taste.sets, taste.part_of, wanted, share, n)

    return found.reordered(chosen)
