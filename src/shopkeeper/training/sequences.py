"""Sequences of tokens, and how they are packed into rows of one length for training."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """S sequences of n tokens in all; sequence s owns the tokens indptr[s]:indptr[s + 1], oldest first."""

    indptr: NDArray[np.int64]
    """(S + 1,)"""
    item: NDArray[np.int32]
    """(n,), what is predicted from the tokens before it."""
    context: NDArray[np.int32]
    """(n, F), what else is known of a token, as rows of one common table."""

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of tokens of each sequence, shape (S,)."""
        return np.diff(self.indptr)


class Batch(NamedTuple):
    """R rows of L tokens, each row filled with whole sequences one after the other."""

    item: NDArray[np.int32]
    """(R, L)"""
    context: NDArray[np.int32]
    """(R, L, F)"""
    sequence: NDArray[np.int32]
    """(R, L), the number of the sequence within its row, -1 where a row is not full."""
    target: NDArray[np.int32]
    """(R, L), the item that comes next, -1 where a row is not full."""


def windows(sequences: Sequences, longest: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut the inputs (all tokens but the last) into windows of at most `longest`; return their starts and lengths.

    The newest window of a sequence is full and the oldest holds the rest: what is served looks back as far.
    """
    inputs = np.maximum(sequences.lengths - 1, 0)
    counts = -(-inputs // longest)
    owner = np.repeat(np.arange(len(sequences)), counts)
    from_end = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    ends = sequences.indptr[:-1][owner] + inputs[owner] - from_end * longest
    starts = np.maximum(ends - longest, sequences.indptr[:-1][owner])
    return starts, ends - starts


def batches(sequences: Sequences, longest: int, n_rows: int, rng: Generator) -> Iterator[Batch]:
    """Yield all windows in random order, packed into batches of `n_rows` rows of `longest` tokens.

    Packing leaves a few per cent of the places empty where one sequence a row would leave most of them.
    """
    starts, lengths = windows(sequences, longest)
    order = rng.permutation(len(starts))
    starts, lengths = starts[order], lengths[order]
    row, place, number = _pack(lengths, longest)
    n_all = int(row[-1]) + 1 if len(row) else 0
    token = np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    cell = np.repeat(row * longest + place - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    n_padded = -(-n_all // n_rows) * n_rows
    index = np.full(n_padded * longest, -1, np.int64)
    index[cell] = token
    owner = np.full(n_padded * longest, -1, np.int32)
    owner[cell] = np.repeat(number, lengths)
    for first in range(0, n_padded * longest, n_rows * longest):
        at = index[first : first + n_rows * longest]
        yield Batch(
            sequences.item[at].reshape(n_rows, longest),
            sequences.context[at].reshape(n_rows, longest, -1),
            owner[first : first + n_rows * longest].reshape(n_rows, longest),
            np.where(at < 0, -1, sequences.item[np.minimum(at + 1, len(sequences.item) - 1)]).reshape(n_rows, longest),
        )


@compiled
def _pack(
    lengths: NDArray[np.int64], longest: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:  # pragma: no cover - compiled
    """Return for each window its row, its place there and its number there; a row is closed when one does not fit."""
    row, place = np.empty_like(lengths), np.empty_like(lengths)
    number = np.empty(len(lengths), np.int32)
    current, used, count = 0, 0, 0
    for i in range(len(lengths)):
        if used + lengths[i] > longest:
            current, used, count = current + 1, 0, 0
        row[i], place[i], number[i] = current, used, count
        used += lengths[i]
        count += 1
    return row, place, number
