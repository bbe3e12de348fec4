"""What was shown in vain comes back less often."""

import numpy as np

from shopkeeper.data.events import INTERACTIONS
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.ranking.candidates import Candidates

HALF_LIFE_DAYS = 7.0
LONGEST_DAYS = 28.0
"""Impressions that are older say nothing."""


def rotate(found: Candidates, shown: HistoryBatch, share: float, n_items: int) -> Candidates:
    """Return the candidates, each by its merit times (1 - share) to the times it was shown in the last day."""
    times = np.bincount(shown.item_idx[shown.ages_us < DAY_US], minlength=n_items)
    return found.weighed((1 - share) ** times[found.item_idx])


def tire(found: Candidates, shown: HistoryBatch, did: HistoryBatch, share: float, n_items: int) -> Candidates:
    """Return the candidates, each by its merit times (1 - share) to the times it was shown in vain.

    An impression counts 1/2 ^ (its age / a week); of a product that the person turned to since, not at all.
    """
    turned = np.full(n_items, np.iinfo(np.int64).min)
    counted = did.are_of(INTERACTIONS)
    np.maximum.at(turned, did.item_idx[counted], did.at[counted])
    days = np.maximum(shown.ages_us / DAY_US, 0.0)
    in_vain = (shown.at > turned[shown.item_idx]) & (days < LONGEST_DAYS)
    times = np.bincount(shown.item_idx, np.where(in_vain, 0.5 ** (days / HALF_LIFE_DAYS), 0.0), n_items)
    return found.weighed((1 - share) ** times[found.item_idx])
