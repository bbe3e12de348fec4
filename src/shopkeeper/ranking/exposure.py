"""Lists of many people that do not all show the same few products."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.columns import Numbers
from shopkeeper.kit.limited import picked
from shopkeeper.ranking.candidates import Candidates

LEVELLED = 0.4
"""Share of a list that is levelled: four places of ten get 40 % of what is looked at, and hold a fifth of NDCG@10."""


def level(found: Candidates, crowding: Numbers, share: float, n: int) -> Candidates:
    """Return the candidates with those first that are worth their place, these as they stood.

    The last four of ten places go to the largest merit_i / max merit - share F_i, F, (n_items,), how large a part of
    all products that were shown was shown no more often than this one; 0 for what was not shown. What one more
    impression adds to the Gini of exposure rises with F alone, so that the share is a price of concentration in merit.
    Of two that suit a person nearly as well the one that fewer have seen gets the place.
    """
    n_first = n - int(LEVELLED * n)
    if not share or n_first >= min(n, len(found)):
        return found

    def chosen(front: Candidates) -> NDArray[np.int64]:
        return picked(front.merit / front.merit[0] - share * crowding[front.item_idx], n_first, n)

    return found.reordered(chosen)
