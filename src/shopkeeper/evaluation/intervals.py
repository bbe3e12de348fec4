"""How sure a mean over users is."""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray


class Interval(NamedTuple):
    """A mean with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


def bootstrap(values: NDArray[np.float64], rng: Generator, *, resamples: int = 1000) -> list[Interval]:
    """Return the mean of each column of `values`, (n_users, m), with its percentile interval over users (Efron 1979).

    All columns are resampled together, so that a column of differences is a paired comparison.
    """
    n = len(values)
    if n == 0:
        return [Interval(0.0, 0.0, 0.0)] * values.shape[1]
    means = np.empty((resamples, values.shape[1]))
    for sample in range(resamples):
        means[sample] = np.bincount(rng.integers(0, n, n), minlength=n) @ values / n
    low, high = np.quantile(means, (0.025, 0.975), axis=0)
    return [Interval(*map(float, column)) for column in zip(values.mean(axis=0), low, high, strict=True)]
