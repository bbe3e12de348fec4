"""Gradient-boosted trees over features, made probabilities by a part that they did not learn from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shopkeeper.estimator import Config, State
from shopkeeper.kit.calibration import Calibration
from shopkeeper.kit.compiled import n_threads
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.prediction.quality import Quality

if TYPE_CHECKING:
    import lightgbm  # when trees are grown: other commands need neither its second nor its libgomp

Floats = NDArray[np.float64]
Table = NDArray[np.floating]


_FEW = 1000


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
    reg: float = 3.0
    """Off the gradient that each leaf has summed (L1): what a leaf tells by little is not told."""
    share_of_features: float = 0.7
    """Looked at for each tree, drawn by chance."""
    seed: int = 0
    """Of that chance."""


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Fitted trees (LightGBM, Ke et al. 2017) and their calibration."""

    booster: "lightgbm.Booster"
    calibration: Calibration
    measured: Quality | None = None
    """On the part that is calibrated on, each half by the other; None where all or none of it happened."""

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
            "lambda_l1": config.reg,
            "feature_fraction": config.share_of_features,
            "seed": config.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": n_threads(),
            "verbosity": -1,
        }
        cases = lightgbm.Dataset(learned[0], learned[1].astype(np.float64))
        booster = lightgbm.train(parameters, cases, config.trees)
        raw, happened = _told(booster, newest[0]), newest[1]
        measured = Quality.of_halves(raw, happened) if happened.any() and not happened.all() else None
        return cls(booster, Calibration.fit(raw, happened), measured)

    def state(self) -> State:
        """Return all that was learned."""
        text = self.booster.model_to_string().encode()
        measured = self.measured.state() if self.measured else {}
        return {"trees_utf8": np.frombuffer(text, np.uint8), **self.calibration.state(), **measured}

    @classmethod
    def from_state(cls, state: State) -> "Trees":
        """Rebuild what `state` returned; InvalidInput where LightGBM does not know it."""
        import lightgbm

        try:
            booster = lightgbm.Booster(model_str=state["trees_utf8"].tobytes().decode())
        except lightgbm.basic.LightGBMError as error:
            raise InvalidInput(str(error)) from error
        return cls(booster, Calibration.from_state(state), Quality.from_state(state))

    def raw(self, x: Table) -> Floats:
        """Return what each case is given before calibration."""
        return _told(self.booster, x)

    def probability(self, x: Table) -> Floats:
        """Return how likely each case is."""
        if not len(x):
            return np.empty(0)
        return self.calibration.probability(self.raw(x))

    def contributions(self, x: Table) -> Floats:
        """Return what each feature adds to the logarithm of the odds, before calibration, (n, F)."""
        if not len(x):
            return np.empty(x.shape)
        return np.asarray(self.booster.predict(x, pred_contrib=True, num_threads=_n_threads(x)), np.float64)[:, :-1]


def _told(booster: "lightgbm.Booster", x: Table) -> Floats:
    return np.asarray(booster.predict(x, num_threads=_n_threads(x)), np.float64)


def _n_threads(x: Table) -> int:
    """Return one for a few cases, which are told before another thread has begun."""
    return n_threads() if len(x) > _FEW else 1
