"""The k largest numbers of each row, in order, ties to the lower index."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled, parallel, prange

_BLOCK = 256
_WORTH_ALL_CORES = 1_000_000


class TopK(NamedTuple):
    """The best of each row, best first; -1 and -inf fill a row that ran out."""

    idx: NDArray[np.int32]
    """(B, k)"""
    value: NDArray[np.float32]
    """(B, k)"""


@compiled
def offer(
    values: NDArray[np.float32], first: int, idx: NDArray[np.int32], best: NDArray[np.float32]
) -> None:  # pragma: no cover - compiled
    """Let the numbers first, first + 1, ... compete for a heap of the k best, whose root is the worst of them.

    -inf and NaN never enter, and of equal values the one that came first stays. Most blocks hold nothing above the
    root, which one vectorised comparison tells. A heap starts as -1 and -inf throughout.
    """
    for start in range(0, len(values) if len(idx) > 0 else 0, _BLOCK):
        end = min(start + _BLOCK, len(values))
        if _any_above(values[start:end], best[0]):
            for i in range(start, end):
                if values[i] > best[0]:
                    _sink(idx, best, len(idx), np.int32(first + i), values[i])


@compiled
def in_order(idx: NDArray[np.int32], best: NDArray[np.float32]) -> None:  # pragma: no cover - compiled
    """Sort a heap of the best, in place: best first, ties to the lower index."""
    for last in range(len(idx) - 1, 0, -1):
        worst_idx, worst = idx[0], best[0]
        _sink(idx, best, last, idx[last], best[last])
        idx[last], best[last] = worst_idx, worst


@compiled
def _any_above(values: NDArray[np.float32], bound: np.float32) -> bool:  # pragma: no cover - compiled
    # Counting has no early way out, so the compiler makes it one comparison for each sixteen numbers.
    count = np.int32(0)
    for i in range(len(values)):
        count += np.int32(values[i] > bound)
    return bool(count > 0)


@compiled
def _sink(
    idx: NDArray[np.int32], best: NDArray[np.float32], size: int, new_idx: np.int32, new: np.float32
) -> None:  # pragma: no cover - compiled
    """Put a new entry in place of the root, the worst: lowest value, then highest index (-1 counts as highest)."""
    # Unsigned, so that no place is asked whether it counts from the end: a fifth of the time.
    one, end, place = np.uint64(1), np.uint64(size), np.uint64(0)
    while True:
        child = place + place + one
        if child >= end:
            break
        other = child + one
        if other < end and _worse(best[other], idx[other], best[child], idx[child]):
            child = other
        if not _worse(best[child], idx[child], new, new_idx):
            break
        best[place] = best[child]
        idx[place] = idx[child]
        place = child
    best[place] = new
    idx[place] = new_idx


@compiled
def _worse(a: np.float32, a_idx: np.int32, b: np.float32, b_idx: np.int32) -> bool:  # pragma: no cover - compiled
    return bool(a < b or (a == b and np.uint32(a_idx) > np.uint32(b_idx)))


@compiled
def _best_of_row(
    values: NDArray[np.float32], idx: NDArray[np.int32], best: NDArray[np.float32]
) -> None:  # pragma: no cover - compiled
    offer(values, 0, idx, best)
    in_order(idx, best)


@parallel
def _best_of_rows(
    values: NDArray[np.float32], idx: NDArray[np.int32], best: NDArray[np.float32]
) -> None:  # pragma: no cover - compiled
    for row in prange(len(values)):
        _best_of_row(values[row], idx[row], best[row])


def top_k(values: NDArray[np.float32], k: int) -> TopK:
    """Return the k largest of each row of `values`, shape (B, n); -inf and NaN are never returned.

    Reads each number once; a few rows stay on one core, where starting others would cost more than it saves.
    """
    values = np.ascontiguousarray(values, np.float32)
    shape = (len(values), k)
    found = TopK(np.full(shape, -1, np.int32), np.full(shape, -np.inf, np.float32))
    if values.size < _WORTH_ALL_CORES:
        for row in range(len(values)):
            _best_of_row(values[row], found.idx[row], found.value[row])
    else:
        _best_of_rows(values, found.idx, found.value)
    return found
