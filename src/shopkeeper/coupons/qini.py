"""How well an order of people puts first those whom an offer moves: Qini, and the same by what is spent.

The curve (Radcliffe 2007) says what offers to the first so many would have brought, for each treated person of all:

Q(k) = (Y_t(k) - Y_c(k) N_t(k) / N_c(k)) / N_t,    t treated and c not, among the k that were placed first

Qini is the area between it and the straight line to its end, over the share of people. With weights of 1 over the
probability of what each got, people may have been drawn with different ones.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled
from shopkeeper.kit.errors import InvalidInput, TooLittle

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_LEVEL = 0.95
Z = 1.959964
"""Standard errors to each side that hold 95 %."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What came of an offer that was given or not by chance, n people."""

    treated: Flags
    outcome: Floats
    probability: Floats
    """Of getting it."""
    weight: Floats = field(init=False)
    """1 over the probability of what each got."""

    def __post_init__(self) -> None:
        weight = 1 / np.where(self.treated, self.probability, 1 - self.probability)
        object.__setattr__(self, "weight", weight)

    @classmethod
    def of(cls, treated: Flags, outcome: NDArray[np.generic], probability: Floats | None = None) -> "Trial":
        """Return it; `probability` is that of being treated, the share of those who were if it is not given."""
        came: Floats = np.asarray(outcome, np.float64)
        if not (len(treated) == len(came) and np.isfinite(came).all()):
            raise InvalidInput("Each person needs one outcome, a finite number.")
        if not 0 < treated.sum() < len(treated):
            raise TooLittle("Some must have got the offer and some not, or nothing can be compared.")
        if probability is None:
            probability = np.full(len(treated), treated.mean())
        if not ((probability > 0) & (probability < 1)).all():
            raise InvalidInput("Everybody must have had a chance to get the offer and one to get none.")
        return cls(treated, came, probability)

    def take(self, rows: NDArray[np.integer] | Flags) -> "Trial":
        """Return some of the people."""
        return Trial(self.treated[rows], self.outcome[rows], self.probability[rows])

    def effect(self) -> "Interval":
        """Return what the offer brought a person in the mean."""
        value = square = 0.0
        for side, sign in ((self.treated, 1), (~self.treated, -1)):
            weight, outcome = self.weight[side], self.outcome[side]
            mean = float(weight @ outcome / weight.sum())
            value += sign * mean
            square += float(((weight * (outcome - mean)) ** 2).sum() / weight.sum() ** 2)
        return Interval.normal(value, square**0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Points from (0, 0): the share of people, and what offers to them bring for each person of all."""

    share: Floats
    gain: Floats

    @property
    def qini(self) -> float:
        """Return the area over the straight line."""
        return _area(self.share, self.gain) - float(self.gain[-1]) / 2

    def at(self, share: float) -> float:
        """Return what offers to the first part bring."""
        return float(np.interp(share, self.share, self.gain))

    def held(self, share: float) -> float:
        """Return the part of all that is brought which the first part brings."""
        return self.at(share) / float(self.gain[-1])


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and between what it lies with 95 %."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, again: Floats) -> "Interval":
        """Return it with the middle 95 % of what the bootstrap gave."""
        low, high = np.quantile(again, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
        return cls(value, float(low), float(high))

    @classmethod
    def normal(cls, value: float, error: float) -> "Interval":
        """Return it from a standard error."""
        return cls(value, value - Z * error, value + Z * error)

    def times(self, factor: float) -> "Interval":
        """Return it so many times as large."""
        return Interval(self.value * factor, self.low * factor, self.high * factor)

    def __str__(self) -> str:
        return f"{self.value:.4g} ({self.low:.4g} to {self.high:.4g})"


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """People placed by their score, the highest first; equal ones come together."""

    place: NDArray[np.int64]
    """Of each person in a trial."""
    ends: NDArray[np.int64]
    """Where each score ends."""

    @classmethod
    def of(cls, score: Floats, rows: NDArray[np.int64] | None = None) -> "Order":
        """Return the order of a score: of all people of a trial, or of those in some rows."""
        if not np.isfinite(score).all():
            raise InvalidInput("A score that is not a number places nobody.")
        order = np.argsort(-score, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
        return cls(order if rows is None else rows[order], ends)

    def curve(self, trial: Trial, times: Floats | None = None) -> Curve:
        """Return the curve of what came of an offer; `times`: how often each person counts."""
        counts = np.ones(len(trial.treated)) if times is None else times
        gain, share = np.zeros(len(self.ends) + 1), np.zeros(len(self.ends) + 1)
        _fill(self.place, self.ends, trial.treated, trial.outcome, trial.weight, counts, share, gain)
        return Curve(share, gain)


def curve(score: Floats, trial: Trial) -> Curve:
    """Return the curve of people placed by their score."""
    return Order.of(score).curve(trial)


def qini(score: Floats, trial: Trial) -> float:
    """Return the Qini of a score: 0 by chance, below where it places the wrong people first."""
    return curve(score, trial).qini


def aucc(gains: Curve, costs: Curve) -> float:
    """Return the area under what is gained over what is spent, both as parts of all of it: 0.5 by chance.

    0.5 too where the offer as a whole gains or costs nothing, and so has no parts that an order could tell apart.
    """
    if gains.gain[-1] <= 0 or costs.gain[-1] <= 0:
        return 0.5
    spent = np.maximum.accumulate(np.clip(costs.gain / costs.gain[-1], 0, 1))
    return float(np.trapezoid(gains.gain / gains.gain[-1], spent))


def drawn_again(trial: Trial, rng: Generator) -> Floats:
    """Return how often each person counts in one turn of the bootstrap; those given and the others stay as many."""
    times = np.zeros(len(trial.treated))
    for group in (np.flatnonzero(trial.treated), np.flatnonzero(~trial.treated)):
        times[group] = np.bincount(rng.integers(0, len(group), len(group)), minlength=len(group))
    return times


def qini_interval(score: Floats, trial: Trial, rng: Generator, draws: int = 500) -> Interval:
    """Return the Qini of a score with the interval of the bootstrap."""
    order = Order.of(score)
    found = [order.curve(trial, drawn_again(trial, rng)).qini for _ in range(draws)]
    return Interval.of(order.curve(trial).qini, np.array(found))


@compiled
def _fill(
    place: NDArray[np.int64],
    ends: NDArray[np.int64],
    treated: Flags,
    outcome: Floats,
    weight: Floats,
    times: Floats,
    share: Floats,
    gain: Floats,
) -> None:  # pragma: no cover - compiled
    """Write the points behind the first."""
    n = n_t = n_c = y_t = y_c = 0.0
    turn = 0
    for point in range(len(ends)):
        while turn <= ends[point]:
            person = place[turn]
            # Without a branch, which half of the people would have guessed wrong.
            counted = weight[person] * times[person]
            given = counted * treated[person]
            n += times[person]
            n_t += given
            n_c += counted - given
            y_t += given * outcome[person]
            y_c += (counted - given) * outcome[person]
            turn += 1
        share[point + 1] = n
        gain[point + 1] = y_t - (y_c * n_t / n_c if n_c > 0 else 0.0)
    for point in range(len(gain)):
        share[point] /= n
        gain[point] /= n_t


@compiled
def _area(share: Floats, gain: Floats) -> float:  # pragma: no cover - compiled
    area = 0.0
    for point in range(1, len(share)):
        area += (gain[point] + gain[point - 1]) * (share[point] - share[point - 1]) / 2
    return area
