"""Truncated SVD: what many people's histories have in common, in a hundred directions."""

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind
from shopkeeper.estimator import InteractionConfig, Progress, VectorScorer, ignore
from shopkeeper.kit.sparse import times_dense, unit_rows
from shopkeeper.kit.svd import truncated_svd


class SVDConfig(InteractionConfig):
    """Hyper-parameters of `SVD`."""

    factors: Annotated[int, Field(ge=1)] = 100
    """Number of singular vectors kept; never more than users or products."""
    people_per_factor: Annotated[int, Field(ge=0)] = 40
    """So many people there must be for each singular vector, or fewer are kept: one that few people make tells whoever
    asks with half of what one of them took the other half; 0: there need not."""
    target: Literal["interactions", "user_similarity"] = "interactions"
    """What is decomposed: the interaction matrix, or the matrix of cosines between all users."""


class SVD(VectorScorer[SVDConfig]):
    """Score a history by projecting it on the leading singular vectors.

    interactions: A = U S V', score(q) = q V V' (PureSVD, Cremonesi et al. 2010), q the history's row.
    user_similarity: the cosines C = N N' of the users, N = A with unit rows, have the eigenvectors U of the left
    singular vectors of N = U S V', so C is never formed. score(q) = (q/|q|) N' U U' A = (q/|q|) V S U' A: the
    person's similarity to every user, smoothed by the projection, votes with the users' rows.

    Both are one product in, one out, so a history that came after the fit is scored like any other.
    """

    name = "svd"
    Config = SVDConfig
    cost = "events x factors"
    counts_repeats = True
    space: ClassVar = {
        "factors": (16, 32, 64, 100, 200, 400),
        "target": ("interactions", "user_similarity"),
        "entry": ("binary", "log", "count"),
        "half_life_days": (None, 30.0, 90.0, 180.0),
    }
    learned = ("into_", "out_of_")
    into_: NDArray[np.float32]
    out_of_: NDArray[np.float32]

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Decompose by randomized block Krylov iteration; the seed decides only the start."""
        rng = rng if rng is not None else default_rng(0)
        matrix = data.matrix(self.config.weighting())
        factors = self._factors(int(np.count_nonzero(np.diff(matrix.by_user.indptr))))
        if self.config.target == "interactions":
            found = truncated_svd(matrix.by_user, matrix.by_item, factors, rng, on_progress=on_progress)
            self.into_ = self.out_of_ = found.right
        else:
            rows = unit_rows(matrix.by_user)
            columns = sp.csr_matrix(rows.T)
            found = truncated_svd(rows, columns, factors, rng, on_progress=on_progress)
            self.into_ = found.right * found.values
            self.out_of_ = np.ascontiguousarray(matrix.by_item @ found.left)
        on_progress(1.0)
        return self

    def _factors(self, n_people: int) -> int:
        """Return how many singular vectors are kept."""
        each = self.config.people_per_factor
        return min(self.config.factors, max(1, n_people // each)) if each else self.config.factors

    @property
    def _of_items(self) -> NDArray[np.float32]:
        self.check_fitted("out_of_")
        return self.out_of_

    def embed(self, histories: HistoryBatch) -> NDArray[np.float32]:
        """Project each history on the singular vectors."""
        self.check_fitted("into_")
        rows = self._rows(histories)
        vectors = times_dense(rows, self.into_)
        vectors[np.diff(rows.indptr) == 0] = np.nan
        return vectors

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Name the product of the history that adds most to the score."""
        self.check_fitted("into_")
        rows = self._rows(histories)
        return [self._explain(rows[b], items[b]) for b in range(len(histories))]

    def _rows(self, histories: HistoryBatch) -> "sp.csr_matrix[np.float32]":
        rows = self.config.weighting().rows(histories, len(self.into_))
        return rows if self.config.target == "interactions" else unit_rows(rows)

    def _explain(self, row: "sp.csr_matrix[np.float32]", items: NDArray[np.int32]) -> list[Reason]:
        if not row.nnz:
            return [Reason(ReasonKind.POPULAR) for _ in items]
        shares = (self.into_[row.indices] * row.data[:, None]) @ self.out_of_[items].T
        return [Reason(ReasonKind.SIMILAR, because=int(row.indices[j])) for j in shares.argmax(axis=0)]
