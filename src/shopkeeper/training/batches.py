"""Sequences packed into rows of one length, for training."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled
from shopkeeper.kit.sequences import Sequences


class Batch(NamedTuple):
    """R rows of L tokens, each row filled with sequences one after the other."""

    item: NDArray[np.int32]
    """(R, L)"""
    context: NDArray[np.int32]
    """(R, L, F)"""
    at: NDArray[np.int32]
    """(R, L), seconds since the first token of all."""
    sequence: NDArray[np.int32]
    """(R, L), the number of the sequence within its row, -1 where a row is not full."""
    target: NDArray[np.int32]
    """(R, L), the item that comes next, -1 where a row is not full."""
    weight: NDArray[np.float32]
    """(R, L), what it counts to foresee that item; 0 where a row is not full."""


class Windows(NamedTuple):
    """Stretches of tokens that have a next one, each of one sequence."""

    start: NDArray[np.int64]
    """(W,)"""
    length: NDArray[np.int64]
    """(W,)"""


def windows(sequences: Sequences, longest: int) -> Windows:
    """Cut all tokens but the last of each sequence into windows of at most `longest`.

    The newest window of a sequence is full and the oldest holds the rest: what is served looks back as far.
    """
    inputs = np.maximum(sequences.lengths - 1, 0)
    counts = -(-inputs // longest)
    owner = np.repeat(np.arange(len(sequences)), counts)
    from_end = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    end = sequences.indptr[:-1][owner] + inputs[owner] - from_end * longest
    start = np.maximum(end - longest, sequences.indptr[:-1][owner])
    return Windows(start, end - start)


def batches(sequences: Sequences, longest: int, n_rows: int, rng: Generator) -> Iterator[Batch]:
    """Yield all windows in random order, packed into batches of `n_rows` rows of `longest` tokens.

    Packing leaves about a tenth of the places empty; with one sequence a row it would be most of them.
    """
    start, length = windows(sequences, longest)
    order = rng.permutation(len(start))
    start, length = start[order], length[order]
    place, number = _pack(length, longest)
    size = n_rows * longest
    n_places = -(-int(place.max(initial=-1) + 1) // size) * size
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    token, owner = np.full(n_places, -1, np.int64), np.full(n_places, -1, np.int32)
    token[np.repeat(place, length) + within] = np.repeat(start, length) + within
    owner[np.repeat(place, length) + within] = np.repeat(number, length)
    shape = (n_rows, longest)
    latest = np.iinfo(np.int32).max
    at = np.minimum(sequences.at - sequences.at.min(initial=np.iinfo(np.int64).max), latest).astype(np.int32)
    weight = np.ones(len(sequences.item), np.float32) if sequences.weight is None else sequences.weight
    for first in range(0, n_places, size):
        chosen = token[first : first + size]
        following = (chosen + 1) % len(sequences.item)
        yield Batch(
            sequences.item[chosen].reshape(shape),
            sequences.context[chosen].reshape(*shape, -1),
            at[chosen].reshape(shape),
            owner[first : first + size].reshape(shape),
            np.where(chosen < 0, -1, sequences.item[following]).reshape(shape),
            np.where(chosen < 0, 0, weight[following]).reshape(shape),
        )


@compiled
def _pack(
    length: NDArray[np.int64], longest: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:  # pragma: no cover - compiled
    """Return for each window its first place and its number in its row; a row is closed when one does not fit."""
    place, number = np.empty_like(length), np.empty(len(length), np.int32)
    row, used, count = 0, 0, 0
    for i in range(len(length)):
        if used + length[i] > longest:
            row, used, count = row + 1, 0, 0
        place[i], number[i] = row * longest + used, count
        used += length[i]
        count += 1
    return place, number
