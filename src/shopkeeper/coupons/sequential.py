"""Intervals that may be looked at after every person: they hold at all times together, not only at the end."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.coupons.qini import Interval
from shopkeeper.kit.errors import TooLittle

Floats = NDArray[np.float64]

_LEVEL = 0.05
_TIGHTEST = 10_000
"""People after whom the interval is as short as it gets next to one for that number alone."""
_LEAST = 100


def running_interval(values: Floats, tightest: int = _TIGHTEST) -> Interval:
    """Return the interval of a mean after n values, that may stop being watched whenever it pleases.

    Asymptotic confidence sequence (Waudby-Smith et al. 2024), s the standard deviation so far:

    mean +- s sqrt(2 (n r^2 + 1) / (n r)^2 ln(sqrt(n r^2 + 1) / .05))

    r is chosen so that it is shortest at `tightest` people.
    """
    n = len(values)
    if n < _LEAST:
        raise TooLittle(f"{n} people are too few for an interval that may be watched: {_LEAST} are needed.")
    rho2 = (-2 * np.log(_LEVEL) + np.log(1 - 2 * np.log(_LEVEL))) / tightest
    grown = n * rho2 + 1
    half = float(values.std(ddof=1) * np.sqrt(2 * grown / (n * n * rho2) * np.log(np.sqrt(grown) / _LEVEL)))
    mean = float(values.mean())
    return Interval(mean, mean - half, mean + half)


def running_effect(treated: NDArray[np.bool_], outcome: Floats, probability: Floats) -> Interval:
    """Return the interval of what the treatment adds, that may be watched; `probability` is that of being treated.

    Each person stands for what was added by t (y - c) / p - (1 - t) (y - c) / (1 - p), c the mean of all before.
    """
    before = np.concatenate(([0.0], np.cumsum(outcome)[:-1])) / np.maximum(np.arange(len(outcome)), 1)
    signed = np.where(treated, 1 / probability, -1 / (1 - probability))
    return running_interval(signed * (outcome - before))
