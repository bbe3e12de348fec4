"""Item-based collaborative filtering: products bought by the same people as what this person bought."""

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind
from shopkeeper.data.matrix import Entry
from shopkeeper.estimator import InteractionConfig, Progress, Scorer, State, ignore
from shopkeeper.kit.sparse import RowIndex, from_arrays, times_sparse, to_arrays


class ItemKNNConfig(InteractionConfig):
    """Hyper-parameters of `ItemKNN`."""

    entry: Entry = "log"
    """What an entry is; a hundred orders of one product should not drown all others."""
    similarity: Literal["cosine", "pearson", "euclidean"] = "cosine"
    """How the columns of two products are compared."""
    n_neighbors: Annotated[int, Field(ge=1)] = 50
    """Similar products kept for each product."""
    shrink: Annotated[float, Field(ge=0.0)] = 10.0
    """Added to the denominator of the similarity, so that few common buyers prove little."""
    significance: Annotated[float, Field(ge=0.0)] = 0.0
    """Similarity is multiplied by c / (c + significance), c the number of common buyers."""


class ItemKNN(Scorer[ItemKNNConfig]):
    """Score a product by its similarity to each product of the history.

    score(u, i) = sum over j of r_uj s_ji, where s_ji is kept for the `n_neighbors` products i most similar to j
    (Deshpande and Karypis 2004) and r is the interaction matrix. Nothing similar: -inf.
    """

    name = "item_knn"
    Config = ItemKNNConfig
    space: ClassVar = {
        "n_neighbors": (20, 50, 100, 200, 500),
        "shrink": (0.0, 3.0, 10.0, 30.0, 100.0),
        "similarity": ("cosine", "pearson"),
        "entry": ("binary", "log", "count"),
        "half_life_days": (None, 30.0, 90.0, 180.0),
    }

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Find the most similar products of every product."""
        matrix = data.matrix(self.config.weighting())
        index = RowIndex(
            matrix.by_item,
            self.config.similarity,
            shrink=self.config.shrink,
            significance=self.config.significance,
        )
        found = index.find(matrix.by_item, self.config.n_neighbors, own=np.arange(data.n_items, dtype=np.int32))
        keep = (found.idx >= 0) & (found.similarity > 0)
        indptr = np.concatenate(([0], np.cumsum(keep.sum(axis=1)))).astype(np.int64)
        shape = (data.n_items, data.n_items)
        self.similarity_ = sp.csr_matrix((found.similarity[keep], found.idx[keep], indptr), shape=shape)
        on_progress(1.0)
        return self

    def state(self) -> State:
        """Return the similarities as the three arrays of their sparse matrix."""
        self.check_fitted("similarity_")
        return to_arrays(self.similarity_)

    @classmethod
    def from_state(cls, config: ItemKNNConfig, state: State) -> Self:
        """Rebuild from `state`."""
        model = cls(config)
        model.similarity_ = from_arrays(state, len(state["indptr"]) - 1)
        return model

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Sum the similarities to the history; -inf where there are none."""
        self.check_fitted("similarity_")
        rows = self.config.weighting().rows(histories, self.similarity_.shape[0])
        scores = times_sparse(rows, self.similarity_)
        scores[scores == 0] = -np.inf
        return scores if items is None else scores[:, items]

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Name the product of the history that adds most to the score."""
        self.check_fitted("similarity_")
        rows = self.config.weighting().rows(histories, self.similarity_.shape[0])
        return [self._explain(rows[b], items[b]) for b in range(len(histories))]

    def _explain(self, row: "sp.csr_matrix[np.float32]", items: NDArray[np.int32]) -> list[Reason]:
        if not row.nnz:
            return [Reason(ReasonKind.POPULAR) for _ in items]
        shares = self.similarity_[row.indices][:, items].toarray() * row.data[:, None]
        best = shares.argmax(axis=0)
        return [
            Reason(ReasonKind.SIMILAR, because=int(row.indices[j])) if share > 0 else Reason(ReasonKind.POPULAR)
            for j, share in zip(best, shares.max(axis=0), strict=True)
        ]
