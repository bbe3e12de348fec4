"""Trees that learn the effect itself, from numbers whose mean it is whichever of two guesses is right."""

from dataclasses import dataclass

import numpy as np

from shopkeeper.coupons.boosting import Floats, Mean, TreesConfig
from shopkeeper.coupons.qini import Trial
from shopkeeper.coupons.t_learner import TLearner
from shopkeeper.estimator import State

_OF_EFFECTS = TreesConfig(trees=60, learning_rate=0.03, leaves=4, people_a_leaf=1000)
_PARTS = 2


@dataclass(frozen=True, slots=True, eq=False)
class DRLearner:
    """Regress, to learn the effect, a number whose mean it is (Kennedy 2023).

    m1(x) - m0(x) + (t - p) / (p (1 - p)) (y - mt(x)),    p the probability of the offer, t whether it was given

    where m, what is expected with it and without, was learned from the other half of the people.
    """

    effects: Mean

    @classmethod
    def fit(cls, x: Floats, trial: Trial, seed: int, config: TreesConfig | None = None) -> "DRLearner":
        """Learn from features, (n, F)."""
        part = np.random.default_rng(seed).permutation(len(x)) % _PARTS
        told = np.empty(len(x))
        for number in range(_PARTS):
            own = part == number
            if 0 < trial.treated[~own].sum() < (~own).sum():
                told[own] = pseudo_effects(TLearner.fit(x[~own], trial.take(~own), seed), x[own], trial.take(own))
        return cls(Mean.fit(x, told, np.ones(len(x)), config or _OF_EFFECTS, seed))

    def effect(self, x: Floats) -> Floats:
        """Return what the offer adds for each."""
        return self.effects.mean(x)

    def state(self) -> State:
        """Return all that was learned."""
        return self.effects.state("effects")

    @classmethod
    def from_state(cls, state: State) -> "DRLearner":
        """Rebuild what `state` returned."""
        return cls(Mean.from_state("effects", state))


def pseudo_effects(guess: TLearner, x: Floats, trial: Trial) -> Floats:
    """Return numbers whose mean over alike people is the effect on them."""
    given, other = guess.given.mean(x), guess.other.mean(x)
    missing = trial.outcome - np.where(trial.treated, given, other)
    return given - other + np.where(trial.treated, 1, -1) * trial.weight * missing
