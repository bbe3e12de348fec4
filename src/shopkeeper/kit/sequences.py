"""Sequences of tokens of different lengths, stored one after the other."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Tails(NamedTuple):
    """The newest T tokens of B sequences, ending at the right; what is left of shorter ones is 0."""

    item: NDArray[np.int32]
    """(B, T)"""
    context: NDArray[np.int32]
    """(B, T, F)"""
    at: NDArray[np.int64]
    """(B, T), seconds; only differences count."""
    lengths: NDArray[np.int64]
    """(B,), at most T."""


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """S sequences of n tokens in all; sequence s owns the tokens indptr[s]:indptr[s + 1], oldest first."""

    indptr: NDArray[np.int64]
    """(S + 1,)"""
    item: NDArray[np.int32]
    """(n,), what is predicted from the tokens before it."""
    context: NDArray[np.int32]
    """(n, F), what else is known of a token, as rows of one common table."""
    at: NDArray[np.int64]
    """(n,), seconds; only differences count, and within a sequence it never falls."""
    weight: NDArray[np.float32] | None = None
    """(n,), what it counts in training to foresee a token; none: all the same."""

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of tokens of each sequence, shape (S,)."""
        return np.diff(self.indptr)

    def keep(self, tokens: NDArray[np.bool_]) -> "Sequences":
        """Return all sequences with only the chosen tokens."""
        kept = np.concatenate(([0], np.cumsum(tokens)))
        return Sequences(
            kept[self.indptr].astype(np.int64),
            self.item[tokens],
            self.context[tokens],
            self.at[tokens],
            None if self.weight is None else self.weight[tokens],
        )

    def of(self, rows: NDArray[np.integer]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the items of the chosen sequences one after the other, and the place in `rows` of each."""
        place = np.repeat(np.arange(len(rows)), self.lengths[rows])
        first = np.cumsum(self.lengths[rows]) - self.lengths[rows]
        return self.item[np.arange(len(place)) - first[place] + self.indptr[:-1][rows][place]], place

    def tails(self, rows: NDArray[np.integer], longest: int) -> Tails:
        """Return the newest tokens of the chosen sequences, as wide as the longest of them needs, at least 1."""
        lengths = np.minimum(self.lengths[rows], longest)
        width = max(1, int(lengths.max(initial=0)))
        inside = np.arange(width) >= width - lengths[:, None]
        token = (self.indptr[1:][rows, None] - width + np.arange(width))[inside]
        item = np.zeros(inside.shape, np.int32)
        context = np.zeros((*inside.shape, self.context.shape[1]), np.int32)
        at = np.zeros(inside.shape, np.int64)
        item[inside], context[inside], at[inside] = self.item[token], self.context[token], self.at[token]
        return Tails(item, context, at, lengths)
