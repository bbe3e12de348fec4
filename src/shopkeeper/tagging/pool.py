"""Learn from few labels and many texts without one: what is said of these is learned from in turn, at a low weight."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.softmax import Examples, fit_softmax, softmax
from shopkeeper.kit.sparse import Rows, take_rows

Table = NDArray[np.float32]

MOST = 20_000
"""Texts without a label that are learned from; more tell nothing new."""
_TOLD = 4
"""Labels a class, in the mean, from which probabilities are ones; below, they only tell which texts are likelier."""


@dataclass(frozen=True, slots=True, eq=False)
class Learner:
    """How a table is learned."""

    n_classes: int
    reg: float
    epochs: int
    weight: float
    """Of a text without a label, times how sure its class is."""
    turns: int
    """How often what is said of these is learned from."""
    share: float
    """While labels are few: of each class no more than its likeliest, so many of an equal share."""

    def fit(self, known: Examples, pool: Rows, n_labelled: int, rng: Generator) -> Table:
        """Learn from examples, of which so many are labelled and the others names, and from a pool of texts.

        Self-training (Scudder 1965).
        """
        table = self._fitted(known, rng)
        for turn in range(self.turns if pool.shape[0] else 0):
            p = softmax(pool @ table)
            guess, sure = p.argmax(axis=1).astype(np.int32), p.max(axis=1)
            taken = np.arange(len(p))
            if n_labelled < _TOLD * self.n_classes:
                taken = self._likeliest(guess, sure, (turn + 1) / self.turns)
                sure = np.ones(len(p), np.float32)
            rows = sp.csr_matrix(sp.vstack([known.rows, take_rows(pool, taken)], "csr"))
            target = np.concatenate([known.target, guess[taken]])
            weight = np.concatenate([known.weight, np.float32(self.weight) * sure[taken]])
            table = self._fitted(Examples(rows, target, weight), rng)
        return table

    def _fitted(self, examples: Examples, rng: Generator) -> Table:
        return fit_softmax(examples, self.n_classes, self.reg, rng, epochs=self.epochs)

    def _likeliest(self, guess: NDArray[np.int32], sure: Table, share: float) -> NDArray[np.int64]:
        """Return of each class its likeliest texts, more with every turn."""
        most = max(1, int(self.share * share * len(guess) / self.n_classes))
        order = np.lexsort((-sure, guess))
        first = np.searchsorted(guess[order], guess[order])
        return np.sort(order[np.arange(len(order)) - first < most])
