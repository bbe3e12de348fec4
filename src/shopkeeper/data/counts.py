"""How many people took each product: exactly, or with noise that hides each one's part (decision 29)."""

from dataclasses import dataclass
from fractions import Fraction
from secrets import randbelow

import numpy as np
from numpy.typing import NDArray
from pydantic import AwareDatetime, BaseModel, ConfigDict

from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.matrix import InteractionMatrix
from shopkeeper.kit.noise import Below, discrete_laplace

EACH = 20
"""Products of one person that a noisy count hears of: their newest."""
_PARTS = 100
"""A vote is counted in hundredths, since exact noise is of whole numbers."""


class Privacy(BaseModel):
    """With which noise the counts of a model were published."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    epsilon: float
    """How much the counts may tell of a person: any outcome is at most e^epsilon times as likely with them."""
    drawn_at: AwareDatetime
    """When the noise was drawn: none is drawn again on that day (UTC), and epsilons of days add up."""
    each: int = EACH
    """Products of one person that were counted at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """People by product."""

    votes: NDArray[np.float32]
    """(n_items,): one for each person, or as far as they are believed, or less where it is long ago."""
    people: NDArray[np.int32]
    """(n_items,): of noisy counts, the votes in whole people, since a count of its own would tell more."""
    variance: float = 0.0
    """Of the noise in each vote count."""

    @classmethod
    def of(cls, matrix: InteractionMatrix) -> "Counts":
        """Count exactly."""
        return cls(matrix.popularity, matrix.people)


@dataclass(frozen=True, slots=True)
class Noise:
    """Discrete Laplace noise: epsilon-private for one count of all products, a person with all they did in or out."""

    epsilon: Fraction
    below: Below = randbelow

    def heard(self, histories: HistoryBatch, n_items: int) -> HistoryBatch:
        """Return the events with the `EACH` products that each row turned to last."""
        row = np.repeat(np.arange(len(histories)), histories.lengths)
        cell = row * n_items + histories.item_idx
        is_last = np.zeros(len(cell), np.bool_)
        is_last[len(cell) - 1 - np.unique(cell[::-1], return_index=True)[1]] = True
        upto = np.concatenate(([0], np.cumsum(is_last)))
        later = upto[histories.indptr[1:]][row] - upto[1:]
        return histories.keep(np.isin(cell, cell[is_last & (later < EACH)]))

    def counts(self, matrix: InteractionMatrix) -> Counts:
        """Count votes of rows with at most `EACH` products; what falls below zero is zero."""
        by_user, n_items = matrix.by_user, matrix.shape[1]
        parts = np.rint(np.minimum(by_user.data, 1) * _PARTS)
        counted = np.bincount(by_user.indices, weights=parts, minlength=n_items).astype(np.int64)
        scale = Fraction(_PARTS * EACH) / self.epsilon
        drawn = [discrete_laplace(scale, self.below) for _ in range(n_items)]
        noisy = np.maximum(counted + np.array(drawn, np.int64), 0)
        votes = (noisy / _PARTS).astype(np.float32)
        return Counts(votes, (noisy // _PARTS).astype(np.int32), 2 * float(scale / _PARTS) ** 2)
