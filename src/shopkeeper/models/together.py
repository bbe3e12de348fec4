"""What was taken by how many of the same people: what item-to-item lists are held to, and a plain list of their own."""

from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.random import Generator
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.matrix import Entry
from shopkeeper.estimator import Progress, TableConfig, TableScorer, ignore
from shopkeeper.kit.sparse import RowIndex
from shopkeeper.kit.tables import from_best


class TogetherConfig(TableConfig):
    """Hyper-parameters of `Together`."""

    entry: Entry = "binary"
    """What an entry is; here it says whether a person took the product at all."""
    n_neighbors: Annotated[int, Field(ge=1)] = 1000
    """Products kept for each product, those first that have most people in common with it."""


class Together(TableScorer[TogetherConfig]):
    """Score a product by the number of people who took it and a product of the history, summed over the history.

    score(u, i) = sum over j of r_uj n_ji, n_ji the people of both j and i. No correction for best-sellers: other models
    rank better. It is fitted beside them so that serving knows how many people stand behind an edge (decision 29).
    """

    name = "together"
    Config = TogetherConfig
    cost = "sum over users of (their products)^2"
    unasked = False
    space: ClassVar = {"n_neighbors": (200, 1000), "half_life_events": (None, 2.0, 4.0)}

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Count the people of every pair."""
        rows = data.matrix(self.config.weighting()).by_item.copy()
        # One each, whatever the entries are: a person is not more than one.
        rows.data = np.ones_like(rows.data)
        found = RowIndex(rows, "dot").find(rows, self.config.n_neighbors, own=np.arange(data.n_items, dtype=np.int32))
        self.table_ = from_best(np.where(found.similarity > 0, found.idx, -1), found.similarity, data.n_items)
        on_progress(1.0)
        return self
