"""What was shown in vain comes back less often."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.events import INTERACTIONS
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.ranking.candidates import Candidates

HALF_LIFE_DAYS = 7.0
LONGEST_DAYS = 28.0
"""Impressions that are older say nothing."""


def rotate(found: Candidates, shown: HistoryBatch, share: float) -> Candidates:
    """Return the candidates, each by its merit times (1 - share) to the times it was shown in the last day."""
    place = _places(found.item_idx, shown.item_idx)
    times = np.bincount(place[(place >= 0) & (shown.ages_us < DAY_US)], minlength=len(found))
    return found.weighed((1 - share) ** times)


def tire(found: Candidates, shown: HistoryBatch, did: HistoryBatch, share: float) -> Candidates:
    """Return the candidates, each by its merit times (1 - share) to the times it was shown in vain.

    An impression counts 1/2 ^ (its age / a week); of a product that the person turned to since, not at all.
    """
    turned = np.full(len(found) + 1, np.iinfo(np.int64).min)
    np.maximum.at(turned, _places(found.item_idx, did.item_idx), np.where(did.are_of(INTERACTIONS), did.at, turned[0]))
    place, days = _places(found.item_idx, shown.item_idx), np.maximum(shown.ages_us / DAY_US, 0.0)
    in_vain = (place >= 0) & (shown.at > turned[place]) & (days < LONGEST_DAYS)
    times = np.bincount(place[in_vain], 0.5 ** (days[in_vain] / HALF_LIFE_DAYS), len(found))
    return found.weighed((1 - share) ** times)


def _places(among: NDArray[np.int32], items: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return where each of the items is among some, none of them twice; -1 where it is not."""
    if not len(among):
        return np.full(len(items), -1)
    order = np.argsort(among)
    near = order[np.minimum(np.searchsorted(among, items, sorter=order), len(among) - 1)]
    return np.where(among[near] == items, near, -1)
