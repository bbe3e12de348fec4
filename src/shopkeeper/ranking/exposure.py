"""Lists of many people that do not all show the same few products."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.columns import Numbers
from shopkeeper.ranking.candidates import Candidates


def level(found: Candidates, shown: Numbers | NDArray[np.int64], share: float, n: int) -> Candidates:
    """Return the candidates with the n of largest merit / (1 + e)^share first, these as they stood.

    e is a product's impressions of the last weeks to anybody, `shown`, (n_items,), over the mean of the candidates. Of
    two that suit a person nearly as well the one that fewer have seen gets the place, so that lists feed back less into
    what they are learned from.
    """
    if not share:
        return found

    def chosen(front: Candidates) -> NDArray[np.int64]:
        times = np.asarray(shown[front.item_idx], np.float64)
        worth = front.merit * (1 + times / max(times.sum() / len(times), 1e-12)) ** -share
        is_first = np.zeros(len(front), np.bool_)
        is_first[np.argsort(-worth, kind="stable")[:n]] = True
        return np.concatenate((np.flatnonzero(is_first), np.flatnonzero(~is_first)))

    return found.reordered(chosen)
