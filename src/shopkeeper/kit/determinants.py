"""An order in which what is chosen spans as much as it can."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_NOTHING_NEW = 1e-6
"""What a choice adds, squared, under which it is like those before it."""


def determinantal(
    worth: NDArray[np.float64], alike: Callable[[int], NDArray[np.float64]], share: float, n: int
) -> NDArray[np.int64]:
    """Return an order of B: at most n chosen one by one, then what is left as it stood; ties to what stood first.

    The next is the one that adds most to the log-determinant of L_ij = q_i s_ij q_j, which is greedy inference in a
    determinantal point process (Chen et al. 2018, "Fast greedy MAP inference"): q_i = exp(worth_i (1 - share) / (2
    share)), so that it adds to (1 - share) sum of worth + share log det s. `alike` gives a row of s, 1 for itself.
    """
    quality = np.exp((worth - worth.max(initial=0)) * (1 - share) / (2 * share)) if share else np.ones(len(worth))
    left = quality**2
    spans, order, is_left = np.empty((min(n, len(worth)), len(worth))), list[int](), np.ones(len(worth), np.bool_)
    for turn in range(len(spans)):
        best = int(np.argmax(np.where(is_left, left, -np.inf)))
        if left[best] <= _NOTHING_NEW * quality[best] ** 2:
            break
        order.append(best)
        is_left[best] = False
        row = quality[best] * alike(best) * quality - spans[:turn, best] @ spans[:turn]
        spans[turn] = row / np.sqrt(left[best])
        left -= spans[turn] ** 2
    return np.concatenate((np.array(order, np.int64), np.flatnonzero(is_left)))
