"""A linear model solved in one step: what each product of a history says for each other, given all the others."""

from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.random import Generator
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.matrix import Entry
from shopkeeper.estimator import Progress, TableConfig, TableScorer, ignore
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.inverse import inverse
from shopkeeper.kit.sparse import scaled_rows
from shopkeeper.kit.tables import largest, times_sparse


class EASEConfig(TableConfig):
    """Hyper-parameters of `EASE`."""

    entry: Entry = "binary"
    """What an entry is; the model is made for 0 and 1."""
    reg: Annotated[float, Field(gt=0.0)] = 100.0
    """Ridge penalty: the larger, the more a weight needs behind it."""
    length_damping: Annotated[float, Field(ge=0.0)] = 0.0
    """A history of n products enters the squared error with n ** -length_damping, or long ones decide all."""
    popularity_damping: Annotated[float, Field(ge=0.0)] = 0.0
    """Scores are divided by (number of the product's users) ** popularity_damping."""
    n_neighbors: Annotated[int, Field(ge=1)] = 1000
    """Weights kept of each product, the largest by size; all of them would be n_items ** 2 numbers."""
    max_items: Annotated[int, Field(ge=1)] = 20_000
    """More products are refused: memory is 4 n_items ** 2 bytes, time n_items ** 3."""


class EASE(TableScorer[EASEConfig]):
    """Score a product by the linear model that best rebuilds each history's product from its others.

    score(u, i) = sum over j of r_uj B_ji, B the minimum of tr((X - XB)' W (X - XB)) + reg |B|^2 with a zero diagonal:
    B_ji = -P_ji / P_ii, P = (X'WX + reg I)^-1 (Steck 2019), X the interaction matrix, W the weights of the histories.

    Memory of the fit is 4 n_items^2 bytes (0.6 GB at 12,000 products, 1.6 at 20,000); 8 n_neighbors n_items are kept.
    """

    name = "ease"
    Config = EASEConfig
    cost = "items^3"
    space: ClassVar = {
        "reg": (10.0, 30.0, 100.0, 300.0, 1000.0),
        "length_damping": (0.0, 0.5, 1.0),
        "popularity_damping": (0.0, 0.2, 0.4),
        "half_life_events": (None, 1.0, 2.0, 4.0),
        "entry": ("binary", "log"),
        "half_life_days": (None, 30.0, 90.0, 180.0),
    }

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Invert the products of all pairs of columns."""
        config = self.config
        if data.n_items > config.max_items:
            raise InvalidInput(
                f"ease: {data.n_items} products are more than max_items, {config.max_items}: the fit would need "
                f"{4e-9 * data.n_items**2:.1f} GB. Raise max_items, or take item_knn, rp3beta or transitions."
            )
        matrix = data.matrix(config.weighting())
        lengths = np.maximum(np.diff(matrix.by_user.indptr), 1.0)
        gram = times_sparse(matrix.by_item, scaled_rows(matrix.by_user, lengths**-config.length_damping))
        gram[np.diag_indices(data.n_items)] += np.float32(config.reg)
        on_progress(0.2)
        weights = inverse(gram)
        on_progress(0.9)
        weights *= -1 / np.diag(weights) / np.maximum(matrix.people, 1.0) ** config.popularity_damping
        np.fill_diagonal(weights, 0)
        self.table_ = largest(weights, config.n_neighbors)
        on_progress(1.0)
        return self
