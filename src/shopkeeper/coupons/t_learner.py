"""Two sets of trees: one of those who got the offer, one of those who did not."""

from dataclasses import dataclass

from shopkeeper.coupons.boosting import Floats, Mean, TreesConfig
from shopkeeper.coupons.qini import Trial
from shopkeeper.estimator import State


@dataclass(frozen=True, slots=True, eq=False)
class TLearner:
    """The effect is what the first expects less what the second does (Kuenzel et al. 2019)."""

    given: Mean
    other: Mean

    @classmethod
    def fit(cls, x: Floats, trial: Trial, seed: int, config: TreesConfig | None = None) -> "TLearner":
        """Learn from features, (n, F)."""
        config = config or TreesConfig()
        given, other = (
            Mean.fit(x[own], trial.outcome[own], trial.weight[own], config, seed)
            for own in (trial.treated, ~trial.treated)
        )
        return cls(given, other)

    def effect(self, x: Floats) -> Floats:
        """Return what the offer adds for each."""
        return self.given.mean(x) - self.other.mean(x)

    def state(self) -> State:
        """Return all that was learned."""
        return self.given.state("given") | self.other.state("other")

    @classmethod
    def from_state(cls, state: State) -> "TLearner":
        """Rebuild what `state` returned."""
        return cls(Mean.from_state("given", state), Mean.from_state("other", state))
