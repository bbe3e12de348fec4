"""Sorting whole numbers stably, at the speed of an unstable sort."""

import numpy as np
from numpy.typing import NDArray


def stable_order(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the stable order of numbers of zero or above, and the sorted numbers, both (n,).

    Number and place are packed into one integer where they fit: all differ, so that numpy's vectorised sort, which is
    not stable, gives the stable order, in half the time of `argsort`.
    """
    bits = len(numbers).bit_length()
    if int(numbers.max(initial=0)).bit_length() + bits > 63:
        order = np.argsort(numbers, kind="stable")
        return order, numbers[order]
    packed = np.sort((numbers << bits) | np.arange(len(numbers)))
    return packed & ((1 << bits) - 1), packed >> bits
