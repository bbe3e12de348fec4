"""Where in the tree a text stops, and what becomes of the answer: applied, looked at by a person, or left blank."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.tags import Band
from shopkeeper.data.taxonomy import Taxonomy

Floats = NDArray[np.float64]
Places = NDArray[np.int32]

NEVER = 2.0
"""A threshold that nothing clears."""
_MARGIN = 0.05
"""What is left of the wrong answers that may be applied, for what calibration misses."""


@dataclass(frozen=True, slots=True, eq=False)
class Descents:
    """The way of each text from a root down, always to the likeliest child."""

    place: Places
    """(n, deepest), in the taxonomy; -1 below the end of the way."""
    probability: Floats
    """(n, deepest), falling."""

    @classmethod
    def of(cls, taxonomy: Taxonomy, at_place: Floats) -> "Descents":
        """Follow the probabilities of all places, (n, n_categories), each with what lies below it."""
        n, parents, depths = len(at_place), taxonomy.parents, taxonomy.depths
        place = np.full((n, int(depths.max(initial=-1)) + 1), -1, np.int32)
        probability = np.zeros(place.shape)
        at = np.full(n, -1, np.int32)
        for depth in range(place.shape[1]):
            level = np.flatnonzero(depths == depth)
            below = np.where(parents[level] == at[:, None], at_place[:, level], -1.0)
            best = below.argmax(axis=1)
            found = below[np.arange(n), best]
            # An inner category can hold texts of its own: the way ends where these outweigh every child.
            above = probability[:, depth - 1] if depth else np.ones(n)
            own = above - np.where(below > 0, below, 0).sum(axis=1) if depth else np.zeros(n)
            goes_on = (found > 0) & (found >= own)
            if depth:
                goes_on &= place[:, depth - 1] >= 0
            place[goes_on, depth], probability[goes_on, depth] = level[best[goes_on]], found[goes_on]
            at = np.where(goes_on, place[:, depth], np.int32(-2))
        return cls(place, probability)

    def stops(self, threshold: float) -> NDArray[np.int64]:
        """Return the last step of each way whose probability clears the threshold; -1 where none does."""
        clears = (self.place >= 0) & (self.probability >= threshold)
        return np.where(clears.any(axis=1), clears.shape[1] - 1 - clears[:, ::-1].argmax(axis=1), -1)

    def ends(self) -> NDArray[np.int64]:
        """Return the last step of each way; -1 where there is none."""
        return self.stops(0.0)

    def are_right(self, taxonomy: Taxonomy, truth: Places) -> NDArray[np.bool_]:
        """Tell of each step, (n, deepest), whether the true place is there or below."""
        right = np.zeros(self.place.shape, np.bool_)
        at = truth.copy()
        while (at >= 0).any():
            right |= (self.place == at[:, None]) & (at[:, None] >= 0)
            at = np.where(at >= 0, taxonomy.parents[at], -1)
        return right


@dataclass(frozen=True, slots=True)
class Bands:
    """From which probability on an answer is applied, and from which on it is worth a person's look."""

    applied: float = NEVER
    review: float = 0.0

    @classmethod
    def of(cls, descents: Descents, precision: float, review: float) -> "Bands":
        """Set `applied` to the least threshold at which so many of the answers are right, by their probabilities.

        These are calibrated and few numbers say how, so that they tell it with less noise than the answers counted.
        """
        rows, wanted = np.arange(len(descents.place)), precision + _MARGIN * (1 - precision)
        for threshold in np.unique(np.floor(1000 * descents.probability[descents.place >= 0]) / 1000):
            stops = descents.stops(float(threshold))
            answered = stops >= 0
            if descents.probability[rows[answered], stops[answered]].mean() >= wanted:
                return cls(max(float(threshold), review), review)
        return cls(NEVER, review)

    def band(self, probability: float) -> Band:
        """Return what becomes of an answer."""
        if probability >= self.applied:
            return Band.APPLIED
        return Band.REVIEW if probability >= self.review else Band.BLANK
