"""What was shown in vain comes back less often."""

import numpy as np

from shopkeeper.data.events import INTERACTIONS
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.kit.places import places
from shopkeeper.kit.spans import fading
from shopkeeper.ranking.candidates import Candidates

HALF_LIFE_DAYS = 7.0
LONGEST_DAYS = 28.0
"""Impressions that are older say nothing."""
_NEVER = np.iinfo(np.int64).min


def rotate(found: Candidates, shown: HistoryBatch, share: float) -> Candidates:
    """Return the candidates, each by its merit times (1 - share) to the times it was shown in the last day."""
    never = np.full(len(found), _NEVER)
    times = fading(found.item_idx, shown.item_idx, shown.at, int(shown.as_of[0]), never, np.inf, float(DAY_US))
    return found.weighed((1 - share) ** times) if times.any() else found


def tire(found: Candidates, shown: HistoryBatch, did: HistoryBatch, share: float) -> Candidates:
    """Return the candidates, each by its merit times (1 - share) to the times it was shown in vain.

    An impression counts 1/2 ^ (its age / a week); of a product that the person turned to since, not at all.
    """
    turned = np.full(len(found) + 1, _NEVER)
    counted = did.are_of(INTERACTIONS)
    # Oldest first, and of the same place the last assignment stays; what is not listed has the place behind all.
    turned[places(found.item_idx, did.item_idx[counted])] = did.at[counted]
    half_life, longest = HALF_LIFE_DAYS * DAY_US, LONGEST_DAYS * DAY_US
    times = fading(found.item_idx, shown.item_idx, shown.at, int(shown.as_of[0]), turned, half_life, longest)
    return found.weighed((1 - share) ** times) if times.any() else found
