"""Make a model's number a probability: of those who get 0.3, three in ten."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit

Floats = NDArray[np.float64]

_FOR_ANY_SHAPE = 200
"""Cases of each outcome from which a curve of any rising shape is learned."""
_EDGE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Platt's curve, expit(slope logit(p) + offset), and where enough was seen an isotonic one on top of it."""

    slope: float
    offset: float
    x: Floats
    """Points of the isotonic curve; between them it is straight."""
    y: Floats

    @classmethod
    def fit(cls, p: Floats, happened: NDArray[np.bool_], *, prior: float = 0.0) -> "Calibration":
        """Learn from numbers given to cases that the model did not learn from, and whether each happened.

        `prior` is how many cases the slope 1 is worth: where nearly all happened, they tell no slope.
        """
        n_positive = int(happened.sum())
        n_negative = len(happened) - n_positive
        # Platt 1999: as if one more of each had been seen, so that no probability is 0 or 1.
        wanted = np.where(happened, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))
        told = _logit(p)

        def unlikely(curve: Floats) -> float:
            shown = curve[0] * told + curve[1]
            likely = float(np.mean(wanted * log_expit(shown) + (1 - wanted) * log_expit(-shown)))
            return prior / len(p) * float(curve[0] - 1) ** 2 - likely

        slope, offset = minimize(unlikely, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0, 100), (None, None)]).x
        line = np.array([0.0, 1.0])
        platt = cls(float(slope), float(offset), line, line)
        if min(n_positive, n_negative) < _FOR_ANY_SHAPE:
            return platt
        from sklearn.isotonic import IsotonicRegression

        x, least = platt.probability(p), 1 / (len(p) + 2)
        heights, step = np.unique(IsotonicRegression().fit_transform(x, happened), return_inverse=True)
        # Steps would give many the same; a line from middle to middle keeps the order (Oron and Flournoy 2017).
        middles = np.bincount(step, x) / np.bincount(step)
        y = np.clip(heights, least, 1 - least)
        return cls(platt.slope, platt.offset, np.r_[0.0, middles, 1.0], np.r_[y[0] / 2, y, (1 + y[-1]) / 2])

    @classmethod
    def none(cls) -> "Calibration":
        """Return the one that takes numbers for what they are."""
        return cls(1.0, 0.0, np.array([0.0, 1.0]), np.array([0.0, 1.0]))

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Return all of it as plain arrays."""
        return {"slope_offset": np.array([self.slope, self.offset]), "curve_x": self.x, "curve_y": self.y}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[np.generic]]) -> "Calibration":
        """Rebuild what `state` returned."""
        (slope, offset), x, y = (np.asarray(state[name], np.float64) for name in ("slope_offset", "curve_x", "curve_y"))
        return cls(float(slope), float(offset), x, y)

    def probability(self, p: Floats) -> Floats:
        """Return what a model's numbers are worth."""
        return np.interp(expit(self.slope * _logit(p) + self.offset), self.x, self.y)


def _logit(p: Floats) -> Floats:
    return np.asarray(logit(np.clip(p, _EDGE, 1 - _EDGE)), np.float64)
