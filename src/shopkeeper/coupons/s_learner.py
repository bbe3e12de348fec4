"""One regression of all people, in which what was given meets each feature."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from shopkeeper.coupons.linear import Floats, Hurdle, Scaling, weighed
from shopkeeper.coupons.qini import Trial
from shopkeeper.estimator import State

_RIDGE, _OF_MEETINGS = 1.0, 10.0
"""Differences between people in what an offer does are smaller than those in what they do anyway."""


@dataclass(frozen=True, slots=True, eq=False)
class SLearner:
    """The effect is what is expected with the offer less what is expected without, by a regression on z, t and t z.

    Kuenzel et al. 2019 call it an S-learner; t is 1/2 with the offer and -1/2 without.
    """

    scaling: Scaling
    hurdle: Hurdle

    @classmethod
    def fit(cls, x: Floats, trial: Trial, seed: int = 0) -> "SLearner":  # noqa: ARG003 - other learners draw
        """Learn from features, (n, F); nothing is left to chance."""
        scaling = Scaling.of(x)
        z = scaling.scaled(x)
        penalty = np.full(2 * z.shape[1], _RIDGE)
        penalty[z.shape[1] + 1 :] = _OF_MEETINGS
        penalty[[0, z.shape[1]]] = 0
        return cls(
            scaling, Hurdle.fit(_met(z, np.where(trial.treated, 0.5, -0.5)), trial.outcome, trial.weight, penalty)
        )

    def effect(self, x: Floats) -> Floats:
        """Return what the offer adds for each."""
        z, m = self.scaling.scaled(x), len(self.hurdle.comes) // 2
        comes, turns = weighed(z, self.hurdle.comes[:m]), weighed(z, self.hurdle.comes[m:]) / 2
        amount, more = weighed(z, self.hurdle.amount[:m]), weighed(z, self.hurdle.amount[m:]) / 2
        return np.asarray(expit(comes + turns) * (amount + more) - expit(comes - turns) * (amount - more), np.float64)

    def state(self) -> State:
        """Return all that was learned."""
        return self.scaling.state() | self.hurdle.state()

    @classmethod
    def from_state(cls, state: State) -> "SLearner":
        """Rebuild what `state` returned."""
        return cls(Scaling.from_state(state), Hurdle.from_state(state))


def _met(z: Floats, t: Floats) -> Floats:
    return np.concatenate((z, z * t[:, None]), axis=1)
