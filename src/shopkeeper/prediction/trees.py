"""Gradient-boosted trees over features, made probabilities by a part that they did not learn from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shopkeeper.estimator import Config
from shopkeeper.kit.compiled import n_threads
from shopkeeper.prediction.calibration import Calibration

if TYPE_CHECKING:
    import lightgbm  # when trees are grown: other commands need neither its second nor its libgomp

Floats = NDArray[np.float64]
Table = NDArray[np.floating]


class TreesConfig(Config):
    """How trees are grown."""

    trees: int = 100
    """How many."""
    learning_rate: float = 0.05
    """How much of what is missing each tree makes up for."""
    leaves: int = 7
    """Of each tree, at most."""
    cases_a_leaf: int = 50
    """At least; more in a small shop means less that is learned from chance."""
    share_of_features: float = 0.7
    """Looked at for each tree, drawn by chance."""
    seed: int = 0
    """Of that chance."""


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Fitted trees (LightGBM, Ke et al. 2017) and their calibration."""

    booster: "lightgbm.Booster"
    calibration: Calibration

    @classmethod
    def fit(
        cls,
        learned: tuple[Table, NDArray[np.bool_]],
        newest: tuple[Table, NDArray[np.bool_]],
        config: TreesConfig | None = None,
    ) -> "Trees":
        """Grow on the cases of `learned`, calibrate on those of `newest`; each is features (n, F) and what happened."""
        import lightgbm

        config = config or TreesConfig()
        parameters = {
            "objective": "binary",
            "learning_rate": config.learning_rate,
            "num_leaves": config.leaves,
            "min_data_in_leaf": config.cases_a_leaf,
            "feature_fraction": config.share_of_features,
            "seed": config.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": n_threads(),
            "verbosity": -1,
        }
        cases = lightgbm.Dataset(learned[0], learned[1].astype(np.float64))
        booster = lightgbm.train(parameters, cases, config.trees)
        raw = np.asarray(booster.predict(newest[0]), np.float64)
        return cls(booster, Calibration.fit(raw, newest[1]))

    def probability(self, x: Table) -> Floats:
        """Return how likely each case is."""
        if not len(x):
            return np.empty(0)
        return self.calibration.probability(np.asarray(self.booster.predict(x), np.float64))

    def contributions(self, x: Table) -> Floats:
        """Return what each feature adds to the logarithm of the odds, before calibration, (n, F)."""
        if not len(x):
            return np.empty(x.shape)
        return np.asarray(self.booster.predict(x, pred_contrib=True), np.float64)[:, :-1]
