"""What customers of a shop do in the days after a moment, from what was known of them then: rates a day."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from shopkeeper.estimator import State
from shopkeeper.kit.errors import TooLittle

Floats = NDArray[np.float64]

_RIDGE = 1e-3
_SMALLEST = 1e-9
_LARGEST = 50.0
"""Of the logarithm of a rate: of somebody unlike all who were learned from it could be beyond all numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class LogLinear:
    """A regression exp(w.x + c) of a rate a day (Poisson, with a little ridge)."""

    mean: Floats
    scale: Floats
    weights: Floats
    constant: float

    @classmethod
    def fit(cls, x: Floats, rate: Floats, days: Floats) -> "LogLinear":
        """Learn rates that were watched for so many days each."""
        from sklearn.linear_model import PoissonRegressor

        mean, scale = _spread(x)
        level = float(np.average(rate, weights=days))
        if level <= 0:
            raise TooLittle("Nobody ordered again in the newest part of the past: wait for more orders.")
        model = PoissonRegressor(alpha=_RIDGE, max_iter=1000).fit((x - mean) / scale, rate / level, days)
        return cls(mean, scale, np.asarray(model.coef_, np.float64), float(model.intercept_ + np.log(level)))

    @classmethod
    def fit_first(cls, x: Floats, came: NDArray[np.bool_], days: Floats) -> "LogLinear":
        """Learn the rate of a first one, which comes within so many days by 1 - exp(-rate days)."""
        mean, scale = _spread(x)
        table, log_days = np.column_stack((np.ones(len(x)), (x - mean) / scale)), np.log(days)
        if not came.any():
            raise TooLittle("Nobody ordered again in the newest part of the past: wait for more orders.")

        def unlikely(weights: Floats) -> tuple[float, Floats]:
            expected = np.exp(np.clip(table @ weights + log_days, -30, 3))
            chance = -np.expm1(-expected)
            told = np.where(came, np.log(chance), -expected)
            slope = np.where(came, expected * np.exp(-expected) / chance, -expected)
            ridge = _RIDGE * np.append(0.0, weights[1:])
            return float(ridge @ weights / 2 - told.mean()), ridge - table.T @ slope / len(x)

        start = np.append(np.log(came.mean() / days.mean()), np.zeros(x.shape[1]))
        constant, *weights = minimize(unlikely, start, jac=True, method="L-BFGS-B").x
        return cls(mean, scale, np.array(weights, np.float64), float(constant))

    def shifted(self, log: float) -> "LogLinear":
        """Return it with rates that are exp(log) times as high."""
        return replace(self, constant=self.constant + log)

    def state(self, prefix: str) -> State:
        """Return all that was learned."""
        return {f"{prefix}_{name}": np.array(getattr(self, name)) for name in ("mean", "scale", "weights", "constant")}

    @classmethod
    def from_state(cls, prefix: str, state: State) -> "LogLinear":
        """Rebuild what `state` returned."""
        names = ("mean", "scale", "weights", "constant")
        mean, scale, weights, constant = (np.asarray(state[f"{prefix}_{name}"], np.float64) for name in names)
        return cls(mean, scale, weights, float(constant))

    def rate(self, x: Floats) -> Floats:
        """Return what is expected a day."""
        # Not a product of matrices, whose last digits depend on how many rows are told together.
        logs = ((x - self.mean) / self.scale * self.weights).sum(axis=1) + self.constant
        return np.asarray(np.exp(np.minimum(logs, _LARGEST)))


def _spread(x: Floats) -> tuple[Floats, Floats]:
    return x.mean(axis=0), np.maximum(x.std(axis=0), _SMALLEST)
