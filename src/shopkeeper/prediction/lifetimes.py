"""When customers without a contract come back, whether they still will, and what they spend.

Purchases are told by three numbers a customer: `repeats`, the purchases after the first; `last`, when the newest of all
was; `age`, how long ago the first was. `last` and `age` count from the first purchase, in any one unit of time.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln

from shopkeeper.kit.errors import InvalidInput, TooLittle

Floats = NDArray[np.float64]

_NODES = 24
"""Places at which the chance to leave is looked at: with 12 the expected purchases are the same to eight digits."""
_LARGEST = 12.0
"""Of the logarithm of a parameter: beyond, a distribution is a single point, and others serve as well."""


@dataclass(frozen=True, slots=True)
class Comebacks:
    """BG/NBD (Fader, Hardie and Lee 2005): buying at a rate of one's own, and maybe leaving after a purchase.

    Rates are Gamma(r, alpha), chances to leave Beta(a, b).
    """

    r: float
    alpha: float
    """In the unit of time."""
    a: float
    b: float

    @classmethod
    def fit(cls, repeats: NDArray[np.integer], last: Floats, age: Floats) -> Self:
        """Return the parameters under which these customers are likeliest; InvalidInput where nobody came back."""
        if not len(repeats) or not repeats.any():
            raise TooLittle("Nobody has bought twice, so when people come back cannot be told: wait for more orders.")
        if (repeats < 0).any() or (last < 0).any() or (last > age).any():
            raise InvalidInput("The newest purchase of a customer lies before the first one, or after the end.")
        rows, weight = np.unique(np.column_stack((repeats, last, age)), axis=0, return_counts=True)
        scale = max(float(age.mean()), np.finfo(float).tiny)
        told = rows / (1, scale, scale)
        x, t_x, t = told.T
        r, alpha, a, b = _likeliest(lambda four: float(weight @ cls(*four).log_likelihood(x, t_x, t)), 4)
        return cls(r, alpha * scale, a, b)

    def log_likelihood(self, repeats: NDArray[np.number], last: Floats, age: Floats) -> Floats:
        """Return that of each customer."""
        r, alpha, a, b = astuple(self)
        buying = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha) - (r + repeats) * np.log(alpha + age)
        staying = betaln(a, b + repeats) - betaln(a, b)
        return np.asarray(buying + staying + np.logaddexp(0, self._odds_of_leaving(repeats, last, age)))

    def alive(self, repeats: NDArray[np.number], last: Floats, age: Floats) -> Floats:
        """Return the chance that each customer has not left for good; 1 before the second purchase."""
        return np.asarray(expit(-self._odds_of_leaving(repeats, last, age)))

    def purchases(self, repeats: NDArray[np.number], last: Floats, age: Floats, time: float) -> Floats:
        """Return how many purchases to expect of each customer in the next `time`.

        Of somebody who stays, with rate and chance to leave integrated out: E[(1 - (1 + p time / (alpha + age)) ^
        -(r + x)) / p], p ~ Beta(a, b + x). By Gauss' quadrature, since the hypergeometric form loses all digits where
        a is near 1 and overflows where customers buy often.
        """
        expected = np.empty(len(repeats))
        for x in np.unique(repeats):
            rows = np.flatnonzero(repeats == x)
            p, weight = _beta_nodes(self.a, self.b + float(x))
            ends = np.log1p(p * (time / (self.alpha + age[rows]))[:, None])
            # Not a product of matrices, whose last digits depend on how many rows are told together.
            expected[rows] = (-np.expm1(-(self.r + float(x)) * ends) / p * weight).sum(axis=1)
        return expected * self.alive(repeats, last, age)

    def _odds_of_leaving(self, repeats: NDArray[np.number], last: Floats, age: Floats) -> Floats:
        """Return the logarithm of the odds of having left at the newest purchase."""
        r, alpha, a, b = astuple(self)
        came_back = np.maximum(repeats, 1)
        odds = np.log(a) - np.log(b + came_back - 1) + (r + repeats) * (np.log(alpha + age) - np.log(alpha + last))
        return np.where(repeats > 0, odds, -np.inf)


@dataclass(frozen=True, slots=True)
class Spending:
    """Gamma-gamma (Fader, Hardie and Lee 2005b): what a purchase of each customer is worth, around a mean of one's own.

    A purchase is Gamma(p, nu), nu of each customer Gamma(q, v).
    """

    p: float
    q: float
    v: float
    """In the unit of money."""

    @classmethod
    def fit(cls, purchases: NDArray[np.integer], mean: Floats) -> Self:
        """Return the likeliest parameters for customers of so many purchases, worth so much in the mean."""
        paid = (purchases > 0) & (mean > 0)
        if not paid.any():
            raise TooLittle("No purchase has a price, so what customers spend cannot be told: send prices.")
        n, worth = purchases[paid], mean[paid]
        scale = float(worth.mean())
        p, q, v = _likeliest(lambda three: float(cls(*three).log_likelihood(n, worth / scale).sum()), 3)
        return cls(p, q, v * scale)

    def log_likelihood(self, purchases: NDArray[np.integer], mean: Floats) -> Floats:
        """Return that of each customer; purchases and means above zero."""
        shape = self.p * purchases
        return np.asarray(
            -betaln(shape, self.q)
            + self.q * np.log(self.v)
            + (shape - 1) * np.log(mean)
            + shape * np.log(purchases)
            - (shape + self.q) * np.log(self.v + mean * purchases)
        )

    def expected(self, purchases: NDArray[np.integer], mean: Floats) -> Floats:
        """Return what the next purchase of each customer is worth in the mean; that of all, where none is known.

        Where q is 1 or less that mean does not exist, and the customer's own is the best that can be said.
        """
        known = self.p * purchases
        ahead = known + self.q - 1
        paid = np.where(purchases > 0, mean * purchases, 0.0)
        return np.where(ahead > 0, self.p * (self.v + paid) / np.maximum(ahead, 1e-9), mean)


def _likeliest(log_likelihood: Callable[[list[float]], float], n: int) -> list[float]:
    """Return the n parameters above zero at which a log-likelihood is largest."""

    def unlikely(logs: Floats) -> float:
        return -log_likelihood(np.exp(logs).tolist())

    found = minimize(
        unlikely,
        np.zeros(n),
        method="L-BFGS-B",
        bounds=[(-_LARGEST, _LARGEST)] * n,
        options={"ftol": 1e-13, "gtol": 1e-4},
    )
    return list(np.exp(found.x).tolist())


def _beta_nodes(a: float, b: float) -> tuple[Floats, Floats]:
    """Return places p in (0, 1) and weights: the weighted sum is the mean over Beta(a, b) (Golub and Welsch 1969)."""
    k = np.arange(1, _NODES)
    total = a + b - 2 + 2 * k
    middle = np.append((a - b) / (a + b), (a - b) * (a + b - 2) / (total * (total + 2)))
    beside = k * (k + a - 1) * (k + b - 1) / (total**2 * (total + 1))
    # Its last factor, (k + a + b - 2) / (total - 1), is 0 / 0 at k = 1 where a + b = 1, and is 1 there for all others.
    beside[1:] *= (k + a + b - 2)[1:] / (total - 1)[1:]
    places, vectors = eigh_tridiagonal((1 + middle) / 2, np.sqrt(beside))
    return np.asarray(places, np.float64), np.asarray(vectors[0] ** 2, np.float64)
