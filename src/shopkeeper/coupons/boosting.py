"""Gradient-boosted trees that foretell a mean (LightGBM, Ke et al. 2017), the same from the same seed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shopkeeper.estimator import Config, State
from shopkeeper.kit.compiled import n_threads
from shopkeeper.kit.errors import InvalidInput

if TYPE_CHECKING:
    import lightgbm  # when trees are grown: other commands need neither its second nor its libgomp

Floats = NDArray[np.float64]

_FEW = 1000


class TreesConfig(Config):
    """How trees are grown."""

    trees: int = 40
    """How many."""
    learning_rate: float = 0.05
    """How much of what is missing each tree makes up for."""
    leaves: int = 6
    """Of each tree, at most."""
    people_a_leaf: int = 200
    """At least, but no more than a twentieth of all; effects are small next to what people do anyway."""
    share_of_features: float = 0.7
    """Looked at for each tree, drawn by chance."""


@dataclass(frozen=True, slots=True, eq=False)
class Mean:
    """Fitted trees."""

    booster: "lightgbm.Booster"

    @classmethod
    def fit(cls, x: Floats, outcome: Floats, weight: Floats, config: TreesConfig, seed: int) -> "Mean":
        """Learn the mean of an outcome; one that is 0 or 1 throughout as a chance."""
        import lightgbm

        is_chance = bool(np.isin(outcome, (0.0, 1.0)).all()) and 0 < outcome.sum() < len(outcome)
        parameters = {
            "objective": "binary" if is_chance else "regression",
            "learning_rate": config.learning_rate,
            "num_leaves": config.leaves,
            "min_data_in_leaf": max(1, min(config.people_a_leaf, len(x) // 20)),
            "feature_fraction": config.share_of_features,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": n_threads(),
            "verbosity": -1,
        }
        cases = lightgbm.Dataset(x, outcome, weight=weight / weight.mean())
        return cls(lightgbm.train(parameters, cases, config.trees))

    def mean(self, x: Floats) -> Floats:
        """Return what is expected of each."""
        if not len(x):
            return np.empty(0)
        return np.asarray(self.booster.predict(x, num_threads=n_threads() if len(x) > _FEW else 1), np.float64)

    def state(self, name: str) -> State:
        """Return all that was learned."""
        return {f"{name}_utf8": np.frombuffer(self.booster.model_to_string().encode(), np.uint8)}

    @classmethod
    def from_state(cls, name: str, state: State) -> "Mean":
        """Rebuild what `state` returned; InvalidInput where LightGBM does not know it."""
        import lightgbm

        try:
            return cls(lightgbm.Booster(model_str=state[f"{name}_utf8"].tobytes().decode()))
        except lightgbm.basic.LightGBMError as error:
            raise InvalidInput(str(error)) from error
