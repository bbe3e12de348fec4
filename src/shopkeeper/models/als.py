"""Implicit feedback matrix factorisation: people and products as vectors whose product says who takes what."""

from typing import Annotated, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Reason, similar_to
from shopkeeper.estimator import InteractionConfig, Progress, VectorScorer, ignore
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.least_squares import gram, improve_rows, solve_rows
from shopkeeper.kit.sparse import Rows, row_sums

Floats = NDArray[np.float32]


class ALSConfig(InteractionConfig):
    """Hyper-parameters of `ALS`."""

    factors: Annotated[int, Field(ge=1)] = 64
    """Length of the vector of a person or a product."""
    epochs: Annotated[int, Field(ge=1)] = 15
    """How often all people and all products are solved for, in turn."""
    balance: Annotated[float, Field(gt=0.0)] = 0.02
    """What all entries weigh together, where all that is absent weighs 1: the confidence in an entry then suits sparse
    shops and dense ones."""
    reg: Annotated[float, Field(gt=0.0)] = 0.4
    """Weight of the squared length of a vector, in units of sqrt(users + items): what is chance grows as slowly."""
    reg_power: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """Regularisation grows with (mean confidence of the row's cells) ** reg_power: 0 is the same for all, 1 that of a
    sum of errors in which each has its own share."""
    cg_steps: Annotated[int, Field(ge=0)] = 3
    """Conjugate gradient steps for each vector and epoch; 0 solves exactly, at several times the cost."""


class ALS(VectorScorer[ALSConfig]):
    """Score a product by the product of its vector with the vector that fits the history best.

    Minimises sum over u, i of c_ui (p_ui - x_u.y_i)^2 + sum_u s C_u^nu |x_u|^2 + sum_i s C_i^nu |y_i|^2 by alternating
    least squares (Hu, Koren and Volinsky 2008): p_ui = 1 where r_ui > 0, c_ui = 1 + balance users items r_ui / sum r,
    s = reg sqrt(users + items), and C_u, C_i the mean of c in a row or column (frequency-scaled regularisation, Rendle
    et al. 2021).

    Only the products' vectors are kept. A history's own is solved for when it is scored, exactly, so that a stranger
    is a case like any other. An empty history has nothing to solve for: -inf.
    """

    name = "als"
    Config = ALSConfig
    refits = True
    cost = "epochs x (events x factors + (users + items) x factors^2)"
    space: ClassVar = {
        "factors": (32, 64, 128, 256),
        "balance": (0.005, 0.01, 0.02, 0.05),
        "reg": (0.1, 0.2, 0.4, 0.8),
        "reg_power": (0.0, 1.0),
        "entry": ("binary", "log"),
        "half_life_days": (None, 90.0),
    }
    learned = ("items_", "gram_", "confidence_", "reg_")
    items_: Floats
    gram_: Floats
    confidence_: Floats
    """(), that in an entry of 1, above 1."""
    reg_: Floats
    """(), the weight of a squared length where the mean confidence is 1."""

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Start from small random vectors of the products; the seed decides nothing else."""
        start = (rng or default_rng(0)).standard_normal((data.n_items, self.config.factors)) * 0.1
        return self._alternate(data, start.astype(np.float32), self.config.epochs, on_progress)

    def refit(self, data: Dataset, *, epochs: int = 3, on_progress: Progress = ignore) -> Self:
        """Learn from newer data, starting from what was learned: a few epochs do instead of all.

        The products must be the same, in the same order; new ones may follow them.
        """
        self.check_fitted("items_")
        if data.n_items < len(self.items_):
            raise InvalidInput(f"refit needs all {len(self.items_)} products of the fit, not {data.n_items}; fit anew.")
        new = data.n_items - len(self.items_)
        return self._alternate(data, np.pad(self.items_, ((0, new), (0, 0))), epochs, on_progress)

    def _alternate(self, data: Dataset, items: Floats, epochs: int, on_progress: Progress) -> Self:
        matrix = data.matrix(self.config.weighting())
        total = max(float(matrix.by_user.sum(dtype=np.float64)), 1.0)
        self.confidence_ = np.array(self.config.balance * data.n_users * data.n_items / total, np.float32)
        self.reg_ = np.array(self.config.reg * np.sqrt(data.n_users + data.n_items), np.float32)
        by_user, by_item = self._confidences(matrix.by_user), self._confidences(matrix.by_item)
        of_users, of_items = self._reg(by_user), self._reg(by_item)
        users = np.zeros((data.n_users, self.config.factors), np.float32)
        for epoch in range(epochs):
            users = self._half(by_user, items, of_users, users)
            items = self._half(by_item, users, of_items, items)
            on_progress((epoch + 1) / epochs)
        self.items_ = items
        self.gram_ = gram(items)
        return self

    def _half(self, rows: Rows, others: Floats, reg: Floats, start: Floats) -> Floats:
        """Return the vectors of the rows against those of the others."""
        if not self.config.cg_steps:
            return solve_rows(rows, others, gram(others), reg)
        improve_rows(rows, others, gram(others), reg, start, self.config.cg_steps)
        return start

    def _confidences(self, rows: Rows) -> Rows:
        """Return what each entry's confidence has above 1."""
        values = (rows.data * self.confidence_).astype(np.float32)
        return sp.csr_matrix((values, rows.indices, rows.indptr), shape=rows.shape)

    def _reg(self, rows: Rows) -> Floats:
        mean = 1 + row_sums(rows) / max(1, rows.shape[1])
        return np.asarray(self.reg_ * mean**self.config.reg_power, np.float32)

    def _rows(self, histories: HistoryBatch) -> Rows:
        def rows() -> Rows:
            made = self.config.weighting().rows(histories, len(self.items_))
            made.data *= self.confidence_
            return made

        return histories.remember((self, "rows"), rows)

    @property
    def _of_items(self) -> Floats:
        self.check_fitted("items_")
        return self.items_

    def embed(self, histories: HistoryBatch) -> Floats:
        """Solve for the vector that fits each history best, exactly."""
        self.check_fitted("items_")
        rows = self._rows(histories)
        vectors = solve_rows(rows, self.items_, self.gram_, self._reg(rows))
        vectors[np.diff(rows.indptr) == 0] = np.nan
        return vectors

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Name the product of the history that adds most to the score.

        score(u, i) = sum over j of y_i' A_u^-1 y_j c_uj, a part for each product j of it (Hu et al., section 5).
        """
        self.check_fitted("items_")
        rows = self._rows(histories)
        reg, because = self._reg(rows), np.full(items.shape, -1, np.int32)
        for b in np.flatnonzero(np.diff(rows.indptr)):
            own = slice(rows.indptr[b], rows.indptr[b + 1])
            because[b] = self._strongest(rows.indices[own], rows.data[own], reg[b], items[b])
        return similar_to(because)

    def _strongest(
        self, taken: NDArray[np.int32], confidence: Floats, reg: np.float32, items: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        own = self.items_[taken]
        system = self.gram_ + (own.T * confidence) @ own + reg * np.eye(own.shape[1], dtype=np.float32)
        shares = (own @ np.linalg.solve(system, self.items_[items].T)) * (1 + confidence)[:, None]
        strongest: NDArray[np.int32] = taken[shares.argmax(axis=0)]
        return strongest
