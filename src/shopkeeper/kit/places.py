"""Where numbers stand among others."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled

_SPREAD = 2654435769
"""2^32 over the golden ratio: the remainders of its multiples lie far apart (Knuth), whatever the numbers."""


def places(among: NDArray[np.int32], numbers: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return where each of the numbers, (n,), stands first among some, -1 where it does not."""
    found = np.empty(len(numbers), np.int64)
    _places(among, numbers, found)
    return found


def without(among: NDArray[np.int32], numbers: NDArray[np.int32], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of the numbers, (n,), that do not stand among some, with room at the places `at`, ascending.

    In the room stands the place of what comes next, behind all that of the last.
    """
    found = np.empty(len(numbers) + len(at), np.int64)
    return found[: _without(among, numbers, at, found)]


@compiled
def best_first(numbers: NDArray[np.float64]) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """Return the places of the numbers above zero, (n,), the largest first, ties as they stood."""
    n = 0
    for number in numbers:
        n += number > 0
    return np.argsort(-numbers, kind="mergesort")[:n]


@compiled
def _without(
    among: NDArray[np.int32], numbers: NDArray[np.int32], at: NDArray[np.int64], found: NDArray[np.int64]
) -> int:  # pragma: no cover - compiled
    n, filled, last = 0, 0, 0
    for i in range(len(numbers)):
        if numbers[i] in among:
            continue
        while filled < len(at) and at[filled] == n:
            found[n] = i
            n, filled = n + 1, filled + 1
        found[n] = i
        n, last = n + 1, i
    for place in range(n, n + len(at) - filled):
        found[place] = last
    return n + len(at) - filled


@compiled
def _slot(number: int, bits: int) -> int:  # pragma: no cover - compiled
    return ((number * _SPREAD) & 0xFFFFFFFF) >> (32 - bits)


@compiled
def _places(
    among: NDArray[np.int32], numbers: NDArray[np.int32], found: NDArray[np.int64]
) -> None:  # pragma: no cover - compiled
    bits = 1
    while 1 << bits < 2 * len(among):
        bits += 1
    last = (1 << bits) - 1
    held = np.full(1 << bits, -1, np.int32)
    for place in range(len(among)):
        slot = _slot(among[place], bits)
        while held[slot] >= 0 and among[held[slot]] != among[place]:
            slot = (slot + 1) & last
        if held[slot] < 0:
            held[slot] = place
    for i in range(len(numbers)):
        slot = _slot(numbers[i], bits)
        while held[slot] >= 0 and among[held[slot]] != numbers[i]:
            slot = (slot + 1) & last
        found[i] = held[slot]
