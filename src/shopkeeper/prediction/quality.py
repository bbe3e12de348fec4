"""How good probabilities are, against what happened."""

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.estimator import State
from shopkeeper.kit.calibration import Calibration

Floats = NDArray[np.float64]

_BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases that were given a similar probability."""

    n: int
    told: float
    """The mean probability they were given."""
    happened: float
    """The share for which it came true."""


@dataclass(frozen=True, slots=True)
class Quality:
    """The figures of one set of probabilities."""

    auc: float
    """The chance that of two cases the one that happened was given more."""
    average_precision: float
    """The area under precision over recall."""
    brier: float
    """The mean square of what was missing to the truth."""
    ece: float
    """The expected calibration error: how far bins are off, weighed by their cases."""
    bins: tuple[Bin, ...]
    """Ten of equal width, without those that are empty: a reliability plot."""

    @classmethod
    def of(cls, p: Floats, happened: NDArray[np.bool_]) -> "Quality":
        """Return the figures; some must have happened and some not."""
        from sklearn.metrics import average_precision_score, roc_auc_score

        place = np.minimum((p * _BINS).astype(np.int64), _BINS - 1)
        bins = tuple(
            Bin(int(own.sum()), float(p[own].mean()), float(happened[own].mean()))
            for own in (place == number for number in range(_BINS))
            if own.any()
        )
        return cls(
            auc=float(roc_auc_score(happened, p)),
            average_precision=float(average_precision_score(happened, p)),
            brier=float(np.mean((p - happened) ** 2)),
            ece=sum(part.n * abs(part.told - part.happened) for part in bins) / len(p),
            bins=bins,
        )

    @classmethod
    def of_halves(cls, raw: Floats, happened: NDArray[np.bool_]) -> "Quality":
        """Return the figures of numbers that are calibrated half by half: each by what the other half shows."""
        p, second = np.empty(len(raw)), np.arange(len(raw)) % 2 == 1
        for half in (second, ~second):
            p[half] = Calibration.fit(raw[~half], happened[~half]).probability(raw[half])
        return cls.of(p, happened)

    def state(self) -> State:
        """Return all of it."""
        *figures, bins = astuple(self)
        return {"measured": np.array(figures), "measured_bins": np.array(bins, np.float64)}

    @classmethod
    def from_state(cls, state: State) -> "Quality | None":
        """Rebuild what `state` returned, None where nothing had been measured."""
        if "measured" not in state:
            return None
        bins = tuple(Bin(int(n), told, happened) for n, told, happened in state["measured_bins"].tolist())
        auc, average_precision, brier, ece = state["measured"].tolist()
        return cls(auc, average_precision, brier, ece, bins)
