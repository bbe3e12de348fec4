"""A random walk of three steps: from a product to its people to their products, popular ones held back."""

from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.random import Generator
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.matrix import Entry
from shopkeeper.estimator import Progress, TableConfig, TableScorer, ignore
from shopkeeper.kit.sparse import Rows, row_sums, scaled_columns, scaled_rows
from shopkeeper.kit.tables import best_of_product


class RP3BetaConfig(TableConfig):
    """Hyper-parameters of `RP3Beta`."""

    entry: Entry = "binary"
    """What an entry is; a step is taken in proportion to it."""
    alpha: Annotated[float, Field(ge=0.0)] = 0.5
    """Exponent of each step's probability; below 1, long histories and best-sellers scatter the walk less."""
    beta: Annotated[float, Field(ge=0.0)] = 0.2
    """What is reached is divided by (number of its people) ** beta."""
    n_neighbors: Annotated[int, Field(ge=1)] = 500
    """Products kept for each product."""


class RP3Beta(TableScorer[RP3BetaConfig]):
    """Score a product by how often a random walk from the history's products ends there.

    score(u, i) = sum over j of r_uj t_ji, t_ji = sum over users v of p_jv^alpha p_vi^alpha / n_i^beta, p_jv and p_vi
    the shares of v among the entries of j and of i among those of v, n_i the users of i: RP3-beta (Paudel et al. 2017)
    with only the `n_neighbors` best ends of each walk kept.
    """

    name = "rp3beta"
    Config = RP3BetaConfig
    cost = "sum over users of (their products)^2"
    space: ClassVar = {
        "alpha": (0.3, 0.4, 0.5, 0.7, 1.0),
        "beta": (0.0, 0.1, 0.2, 0.3, 0.5),
        "n_neighbors": (50, 100, 200, 500, 1000),
        "half_life_events": (None, 1.0, 2.0, 4.0),
        "entry": ("binary", "log"),
    }

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Multiply the steps, keeping the best of each row."""
        matrix = data.matrix(self.config.weighting())
        held_back = np.maximum(matrix.people, 1.0) ** -self.config.beta
        to_items = scaled_columns(self._steps(matrix.by_user), held_back)
        self.table_ = best_of_product(self._steps(matrix.by_item), to_items, self.config.n_neighbors)
        on_progress(1.0)
        return self

    def _steps(self, matrix: Rows) -> Rows:
        """Return the probabilities of a step from each row, to the power of alpha."""
        sums = row_sums(matrix)
        steps = scaled_rows(matrix, np.divide(1, sums, where=sums > 0, out=np.zeros_like(sums)))
        steps.data **= np.float32(self.config.alpha)
        return steps
