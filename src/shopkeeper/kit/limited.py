"""An order in which nothing takes more places than it may."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled
from shopkeeper.kit.spread import Sets, set_of


def limited(
    items: NDArray[np.int32], sets: Sets, part_of: NDArray[np.int8], most: NDArray[np.int32], n: int
) -> NDArray[np.int64]:
    """Return an order of items, (B,): the first n that keep each code to as many as its part says, then what is left.

    Where there are fewer than n, those that go beyond follow at once: nothing is left out.
    """
    order = np.empty(len(items), np.int64)
    _limited(items, sets, part_of, most, min(n, len(items)), order)
    return order


@compiled
def picked(worth: NDArray[np.float64], n_first: int, n: int) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """Return an order of n places or more, (B,): the first ones and the n - n_first best of the others, as they stood.

    Then what is left; ties to what stood first.
    """
    order, is_left = np.empty(len(worth), np.int64), np.ones(len(worth), np.bool_)
    is_left[:n_first] = False
    for _ in range(n_first, min(n, len(worth))):
        best = -1
        for i in range(n_first, len(worth)):
            if is_left[i] and (best < 0 or worth[i] > worth[best]):
                best = i
        is_left[best] = False
    n_taken = min(n, len(worth))
    order[:n_taken], order[n_taken:] = np.flatnonzero(~is_left), np.flatnonzero(is_left)
    return order


@compiled
def _limited(
    items: NDArray[np.int32],
    sets: Sets,
    part_of: NDArray[np.int8],
    most: NDArray[np.int32],
    n: int,
    order: NDArray[np.int64],
) -> None:  # pragma: no cover - compiled
    held, is_left = np.zeros(sets.n_codes, np.int32), np.ones(len(items), np.bool_)
    taken = 0
    for i in range(len(items)):
        if taken == n:
            break
        codes, fits = set_of(sets, items[i]), True
        for code in codes:
            fits = fits and held[code] < most[part_of[code]]
        if fits:
            order[taken] = i
            taken += 1
            is_left[i] = False
            for code in codes:
                held[code] += 1
    order[taken:] = np.flatnonzero(is_left)
