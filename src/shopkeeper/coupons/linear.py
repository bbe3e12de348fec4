"""What an outcome that is mostly 0 will be, such as a margin: whether it comes, and how large it is then."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from shopkeeper.estimator import State

Floats = NDArray[np.float64]

_SMALLEST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Features on one scale: asinh, which is near the logarithm for large ones, less the mean, over the spread.

    What is not known is the mean.
    """

    mean: Floats
    spread: Floats

    @classmethod
    def of(cls, x: Floats) -> "Scaling":
        """Learn from features, (n, F)."""
        told = np.ma.masked_invalid(np.arcsinh(x))
        mean, spread = (np.asarray(part.filled(0.0), np.float64) for part in (told.mean(axis=0), told.std(axis=0)))
        return cls(mean, np.where(spread > _SMALLEST, spread, 1.0))

    def scaled(self, x: Floats) -> Floats:
        """Return them scaled, with a first column of ones."""
        z = np.ones((len(x), len(self.mean) + 1))
        told = (np.arcsinh(x) - self.mean) / self.spread
        z[:, 1:] = np.where(np.isfinite(told), told, 0.0)
        return z

    def state(self) -> State:
        """Return all that was learned."""
        return {"mean": self.mean, "spread": self.spread}

    @classmethod
    def from_state(cls, state: State) -> "Scaling":
        """Rebuild what `state` returned."""
        return cls(np.asarray(state["mean"], np.float64), np.asarray(state["spread"], np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class Hurdle:
    """E(y) = expit(z.a) * z.b: a logistic regression of whether it is 0, a ridge regression of it where it is not."""

    comes: Floats
    amount: Floats

    @classmethod
    def fit(cls, z: Floats, outcome: Floats, weight: Floats, penalty: Floats) -> "Hurdle":
        """Learn; `penalty`, of each column, is half its ridge over the sum of weights of one person."""
        came = outcome != 0
        w = weight / weight.mean()
        amount = np.zeros(z.shape[1])
        if came.any():
            rows, own = z[came], w[came]
            level = np.average(outcome[came], weights=own)
            scatter = (rows * own[:, None]).T @ rows + np.diag(penalty + _SMALLEST)
            amount = np.linalg.solve(scatter, (rows * own[:, None]).T @ (outcome[came] - level * rows[:, 0]))
            amount[0] += level
        return cls(_logistic(z, came, w, penalty), amount)

    def mean(self, z: Floats) -> Floats:
        """Return what is expected."""
        return np.asarray(expit(weighed(z, self.comes)) * weighed(z, self.amount), np.float64)

    def state(self) -> State:
        """Return all that was learned."""
        return {"comes": self.comes, "amount": self.amount}

    @classmethod
    def from_state(cls, state: State) -> "Hurdle":
        """Rebuild what `state` returned."""
        return cls(np.asarray(state["comes"], np.float64), np.asarray(state["amount"], np.float64))


def weighed(z: Floats, weights: Floats) -> Floats:
    """Return z.w; not as a product of matrices, whose last digits depend on how many rows are told together."""
    return np.asarray((z * weights).sum(axis=1), np.float64)


def _logistic(z: Floats, came: NDArray[np.bool_], weight: Floats, penalty: Floats) -> Floats:
    sign = np.where(came, 1.0, -1.0)

    def unlikely(a: Floats) -> tuple[float, Floats]:
        margin = sign * (z @ a)
        slope = penalty * a - z.T @ (weight * sign * expit(-margin))
        return float(penalty @ (a * a) / 2 - weight @ log_expit(margin)) / len(z), slope / len(z)

    share = np.clip(np.average(came, weights=weight), 1e-6, 1 - 1e-6)
    start = np.zeros(z.shape[1])
    start[0] = np.log(share / (1 - share))
    return np.asarray(minimize(unlikely, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x, np.float64)
