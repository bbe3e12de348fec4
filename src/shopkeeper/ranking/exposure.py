"""Lists of many people that do not all show the same few products."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.columns import Numbers
from shopkeeper.ranking.candidates import Candidates


def level(found: Candidates, shown: Numbers | NDArray[np.int64], share: float) -> Candidates:
    """Return the candidates, each by its merit over (1 + e)^share, e its impressions over the mean of the candidates.

    `shown`, (n_items,), counts the impressions of the last weeks to anybody. Of two that suit a person nearly as well
    the one that fewer have seen comes first, so that lists feed back less into what they are learned from.
    """
    times = np.asarray(shown[found.item_idx], np.float64)
    if not share or not times.any():
        return found
    return found.weighed((1 + times / times.mean()) ** -share)
