"""Item-based collaborative filtering: products bought by the same people as what this person bought."""

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.random import Generator
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.matrix import Entry
from shopkeeper.estimator import Progress, TableConfig, TableScorer, ignore
from shopkeeper.kit.sparse import RowIndex, from_best


class ItemKNNConfig(TableConfig):
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


class ItemKNN(TableScorer[ItemKNNConfig]):
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
        kept = np.where(found.similarity > 0, found.idx, -1)
        self.table_ = from_best(kept, found.similarity, data.n_items)
        on_progress(1.0)
        return self
