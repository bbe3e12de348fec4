"""The newest token of some sequences, kept from training to tell when it has learned enough."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.sequences import Sequences
from shopkeeper.kit.transformer import Array, Network, last_states

_SHARE, _MOST = 0.05, 2000
_SHORTEST = 3
_AT_ONCE = 64


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What is asked, and what should be answered."""

    learned: Sequences
    """All sequences, without what is held out."""
    rows: NDArray[np.int64]
    """(H,), the sequences that are asked about."""
    wanted: NDArray[np.int32]
    """(H,), the item that came next."""

    @classmethod
    def sample(cls, sequences: Sequences, rng: Generator) -> "HeldOut | None":
        """Hold out the newest of a twentieth of the sequences, of those with 3 tokens, at most 2000; of few, None."""
        able = np.flatnonzero(sequences.lengths >= _SHORTEST)
        rows = np.sort(rng.permutation(able)[: min(_MOST, int(len(able) * _SHARE))])
        if not len(rows):
            return None
        newest = sequences.indptr[1:][rows] - 1
        learn = np.ones(len(sequences.item), np.bool_)
        learn[newest] = False
        return cls(sequences.keep(learn), rows, sequences.item[newest])

    def value(self, network: Network[Array], longest: int) -> float:
        """Return the mean of 1 / log2(1 + rank) of what came next: of a repeat among all items, else among new ones."""
        gains = []
        for first in range(0, len(self.rows), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            rows = self.rows[part]
            scores = last_states(network, self.learned.tails(rows, longest)) @ network.items.T
            had, of_row = self.learned.of(rows)
            repeated = np.bincount(of_row, had == self.wanted[part][of_row], minlength=len(rows)) > 0
            hidden = ~repeated[of_row]
            scores[of_row[hidden], had[hidden]] = -np.inf
            own = np.take_along_axis(scores, self.wanted[part, None].astype(np.int64), axis=1)
            gains.append(1 / np.log2(1 + (scores >= own).sum(axis=1)))
        return float(np.concatenate(gains).mean())
