"""What stands near what in sequences: weighted counts of pairs, the largest of each token kept."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled, n_threads, parallel, prange
from shopkeeper.kit.sparse import Rows
from shopkeeper.kit.tables import from_best
from shopkeeper.kit.topk import in_order, offer

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class Sequences(NamedTuple):
    """B sequences of n tokens in all; row b owns the places indptr[b]:indptr[b + 1]."""

    indptr: Ints
    """(B + 1,)"""
    token: NDArray[np.int32]
    """(n,)"""
    step: Ints
    """(n,), when it came; never falls within a row, and only differences count."""
    weight: Floats
    """(n,), a pair weighs the product of both."""


class Near(NamedTuple):
    """How much a pair counts by how far apart it is."""

    weights: Floats
    """(window + 1,), by the difference in steps; a pair beyond the window does not count."""
    backward: np.float32
    """Times this where the other came before; tokens of one step are taken to be before and after each other."""


def nearby(sequences: Sequences, near: Near, scale: Floats, k: int) -> Rows:
    """Return c_ij scale_j, shape (n_tokens, n_tokens), the k largest of each row; `scale`, (n_tokens,), is above zero.

    c_ij adds up the pairs of an i with a later j and, times `backward`, of an i with an earlier j. One i is counted at
    a time, in a row as wide as the vocabulary: memory does not grow with the number of pairs.
    """
    n_tokens = len(scale)
    order = np.argsort(sequences.token, kind="stable")
    starts = np.searchsorted(sequences.token[order], np.arange(n_tokens + 1))
    row_of = np.repeat(np.arange(len(sequences.indptr) - 1), np.diff(sequences.indptr))
    shape = (n_tokens, min(k, n_tokens))
    idx, best = np.full(shape, -1, np.int32), np.full(shape, -np.inf, np.float32)
    _nearby(sequences, row_of, order, starts, near, scale, idx, best, n_threads())
    return from_best(idx, best, n_tokens)


@parallel
def _nearby(
    sequences: Sequences,
    row_of: Ints,
    order: Ints,
    starts: Ints,
    near: Near,
    scale: Floats,
    idx: NDArray[np.int32],
    best: Floats,
    n_cores: int,
) -> None:  # pragma: no cover - compiled
    for core in prange(n_cores):
        sums = np.empty(len(scale), np.float32)
        for i in range(core, len(idx), n_cores):
            sums[:] = 0
            for place in order[starts[i] : starts[i + 1]]:
                row = row_of[place]
                _add_pairs(sequences, place, sequences.indptr[row], sequences.indptr[row + 1], near, sums)
            for j in range(len(sums)):
                sums[j] = sums[j] * scale[j] if sums[j] > np.float32(0) else np.float32(-np.inf)
            offer(sums, 0, idx[i], best[i])
            in_order(idx[i], best[i])


@compiled
def _add_pairs(
    sequences: Sequences, place: int, first: int, last: int, near: Near, sums: Floats
) -> None:  # pragma: no cover - compiled
    token, step, weight = sequences.token, sequences.step, sequences.weight
    window, own = len(near.weights) - 1, weight[place]
    for other in range(place + 1, last):
        apart = step[other] - step[place]
        if apart > window:
            break
        sums[token[other]] += own * weight[other] * near.weights[apart]
    for other in range(place - 1, first - 1, -1):
        apart = step[place] - step[other]
        if apart > window:
            break
        direction = near.backward if apart > 0 else np.float32(1)
        sums[token[other]] += own * weight[other] * near.weights[apart] * direction
