"""Item-based collaborative filtering: products bought by the same people as what this person bought."""

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.random import Generator
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.matrix import Entry, InteractionMatrix
from shopkeeper.estimator import Progress, TableConfig, TableScorer, ignore
from shopkeeper.kit.sparse import RowIndex, Rows, saturated, scaled_columns
from shopkeeper.kit.tables import from_best


class ItemKNNConfig(TableConfig):
    """Hyper-parameters of `ItemKNN`."""

    entry: Entry = "log"
    """What an entry is; a hundred orders of one product should not drown all others."""
    similarity: Literal["cosine", "dot", "pearson", "euclidean"] = "cosine"
    """How the columns of two products are compared."""
    asymmetry: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    """Cosine only: the share of the normalisation that the history's product takes; above a half, best-sellers come
    sooner."""
    user_weight: Literal["none", "iuf", "bm25"] = "none"
    """What a user weighs in the comparison: the same; ln(products / the user's products); or BM25 of the entry."""
    n_neighbors: Annotated[int, Field(ge=1)] = 50
    """Similar products kept for each product."""
    shrink: Annotated[float, Field(ge=0.0)] = 10.0
    """Added to the denominator of the similarity, so that few common buyers prove little."""
    significance: Annotated[float, Field(ge=0.0)] = 0.0
    """Similarity is multiplied by c / (c + significance), c the number of common buyers."""


class ItemKNN(TableScorer[ItemKNNConfig]):
    """Score a product by its similarity to each product of the history.

    score(u, i) = sum over j of r_uj s_ji, where s_ji is kept for the `n_neighbors` products i most similar to j
    (Deshpande and Karypis 2004) and r is the interaction matrix. Nothing similar: -inf. The asymmetric cosine is that
    of Aiolli (2013): |j|^2a |i|^2(1-a) instead of |j| |i|.
    """

    name = "item_knn"
    Config = ItemKNNConfig
    cost = "sum over users of (their products)^2"
    space: ClassVar = {
        "n_neighbors": (20, 50, 100, 200, 500),
        "shrink": (0.0, 3.0, 10.0, 30.0),
        "similarity": ("cosine", "pearson"),
        "asymmetry": (0.3, 0.5, 0.7),
        "user_weight": ("none", "iuf", "bm25"),
        "entry": ("binary", "log", "count"),
        "half_life_days": (None, 30.0, 90.0, 180.0),
    }

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Find the most similar products of every product."""
        rows = self._features(data.matrix(self.config.weighting()))
        index = RowIndex(
            rows,
            self.config.similarity,
            asymmetry=self.config.asymmetry,
            shrink=self.config.shrink,
            significance=self.config.significance,
        )
        found = index.find(rows, self.config.n_neighbors, own=np.arange(data.n_items, dtype=np.int32))
        kept = np.where(found.similarity > 0, found.idx, -1)
        self.table_ = from_best(kept, found.similarity, data.n_items)
        on_progress(1.0)
        return self

    def _features(self, matrix: InteractionMatrix) -> Rows:
        """Return the products' rows as they are compared."""
        if self.config.user_weight == "none":
            return matrix.by_item
        rows = matrix.by_item
        if self.config.user_weight == "bm25":
            rows = saturated(rows, rows.nnz / max(1, rows.shape[0]))
        weights = np.log(rows.shape[0] / np.maximum(np.diff(matrix.by_user.indptr), 1.0))
        # A user who has everything says nothing, yet must stay an overlap.
        return scaled_columns(rows, np.maximum(weights, 1e-3))
