"""What each offer adds to a shop's margin and what it costs, for each person, as far as chance has shown it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.coupons.choosing import LEARNERS, Costs, Learner, best, crossed
from shopkeeper.coupons.forbidden import check_features
from shopkeeper.coupons.gate import PERMUTATIONS, Verdict, gate, unknown
from shopkeeper.coupons.linear import Floats
from shopkeeper.coupons.qini import Interval, Trial
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import Progress, State, ignore
from shopkeeper.kit.errors import InvalidInput

LEAST = 500
"""People with the offer, and without, from whom anything is learned."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What came of the people whom chance gave an offer or none, n of them and K offers."""

    names: Sequence[str]
    """Of the features; InvalidInput where one must not decide."""
    x: Floats
    """(n, F)"""
    offer: NDArray[np.int32]
    """(n,) its place, -1 for none."""
    chance: Floats
    """(n, K + 1) of each offer and last of none; 0: it was not allowed."""
    margin: Floats
    """(n,) in minor units, before the coupon, of all that was bought in its time."""
    cost: Floats
    """(n,) what the coupon took off."""

    def __post_init__(self) -> None:
        check_features(self.names)
        lengths = {len(self.x), len(self.offer), len(self.chance), len(self.margin), len(self.cost)}
        if self.x.shape[1] != len(self.names) or len(lengths) != 1:
            raise InvalidInput("Each person needs a number for each feature, an offer, chances, a margin and a cost.")
        if not (np.isfinite(self.margin).all() and np.isfinite(self.cost).all()):
            raise InvalidInput("A margin or a cost is no finite number: who bought nothing has 0.")
        if len(self.offer) and not (self.chance[np.arange(len(self.offer)), self.offer] > 0).all():
            raise InvalidInput("Somebody got what they had no chance to get: learn only from those drawn by chance.")

    def of(self, k: int) -> tuple[Floats, Trial, Floats]:
        """Return the features, margins and costs of those who got an offer, or none where they could have got it."""
        own = ((self.offer == k) | (self.offer == -1)) & (self.chance[:, k] > 0) & (self.chance[:, -1] > 0)
        given, none = self.chance[own, k], self.chance[own, -1]
        return self.x[own], Trial(self.offer[own] == k, self.margin[own], given / (given + none)), self.cost[own]


@dataclass(frozen=True, slots=True, eq=False)
class OfferUplift:
    """What one offer does."""

    verdict: Verdict
    cost: float = 0.0
    """With a person it is given to, in the mean."""
    learner: str = ""
    """Where it is targeted, which of LEARNERS."""
    margin: Learner | None = None
    costs: Costs | None = None

    @classmethod
    def fit(
        cls, x: Floats, trial: Trial, cost: Floats, *, seed: int = 0, permutations: int = PERMUTATIONS
    ) -> "OfferUplift":
        """Learn from a trial of margins, and from what the offer cost."""
        smaller = int(min(trial.treated.sum(), (~trial.treated).sum()))
        if smaller < LEAST:
            return cls(unknown(smaller, LEAST))
        rng, folds = np.random.default_rng(seed), crossed(x, trial, cost, seed)
        judged = gate(folds, replace(trial, outcome=trial.outcome - cost), rng, permutations)
        weight = trial.weight[trial.treated]
        mean = float(weight @ cost[trial.treated] / weight.sum())
        if judged.policy != "targeted":
            return cls(judged, mean)
        name, measured = best(folds, trial, cost, rng)
        judged = replace(judged, measured=tuple(measured.items()))
        return cls(judged, mean, name, LEARNERS[name].fit(x, trial, seed), Costs.fit(x, trial, cost))

    def gain_and_cost(self, x: Floats) -> tuple[Floats, Floats]:
        """Return what it adds to the margin less what it costs, and what it costs, for each."""
        if self.margin is not None and self.costs is not None:
            cost = self.costs.mean(x)
            return self.margin.effect(x) - cost, cost
        effect = self.verdict.effect
        gain = effect.value if self.verdict.policy == "all" and effect else 0.0
        return np.full(len(x), gain), np.full(len(x), self.cost)

    def state(self) -> State:
        """Return all that was learned."""
        told = json.dumps(asdict(self.verdict) | {"learner": self.learner, "cost": self.cost})
        state: State = {"told_utf8": np.frombuffer(told.encode(), np.uint8)}
        for name, part in (("margin", self.margin), ("costs", self.costs)):
            state |= {f"{name}_{key}": value for key, value in (part.state() if part else {}).items()}
        return state

    @classmethod
    def from_state(cls, state: State) -> "OfferUplift":
        """Rebuild what `state` returned."""
        told = json.loads(state["told_utf8"].tobytes())
        learner, cost = told.pop("learner"), told.pop("cost")
        told["effect"] = Interval(**told["effect"]) if told["effect"] else None
        told["measured"] = tuple((name, Interval(**figure)) for name, figure in told["measured"])
        if not learner:
            return cls(Verdict(**told), cost)
        margin = LEARNERS[learner].from_state(_part(state, "margin"))
        return cls(Verdict(**told), cost, learner, margin, Costs.from_state(_part(state, "costs")))


@dataclass(frozen=True, slots=True, eq=False)
class Uplift:
    """What all offers of a campaign do."""

    features: Vocabulary
    offers: Vocabulary
    of_offer: tuple[OfferUplift, ...]

    @classmethod
    def fit(
        cls,
        offers: Sequence[str],
        seen: Seen,
        *,
        seed: int = 0,
        permutations: int = PERMUTATIONS,
        on_progress: Progress = ignore,
    ) -> "Uplift":
        """Learn from what chance has shown of each; an offer that too few got stays unknown."""
        if seen.chance.shape[1] != len(offers) + 1:
            raise InvalidInput(
                f"Chances are given for {seen.chance.shape[1] - 1} offers, where {len(offers)} are named."
            )
        found = []
        for k in range(len(offers)):
            found.append(OfferUplift.fit(*seen.of(k), seed=seed, permutations=permutations))
            on_progress((k + 1) / len(offers))
        return cls(Vocabulary(seen.names), Vocabulary(offers), tuple(found))

    def gains_and_costs(self, x: Floats) -> tuple[Floats, Floats]:
        """Return what each offer gains with each person, and what it costs, (n, K) each."""
        if x.shape[1] != len(self.features):
            raise InvalidInput(f"{x.shape[1]} features are given, where {len(self.features)} were learned from.")
        told = [offer.gain_and_cost(x) for offer in self.of_offer]
        return np.column_stack([gain for gain, _ in told]), np.column_stack([cost for _, cost in told])

    def why(self) -> dict[str, str]:
        """Return of each offer to whom it may go, and why."""
        return {offer: own.verdict.why for offer, own in zip(self.offers, self.of_offer, strict=True)}

    def state(self) -> State:
        """Return all that was learned."""
        state = self.features.state("features") | self.offers.state("offers")
        for k, own in enumerate(self.of_offer):
            state |= {f"offer{k}_{key}": value for key, value in own.state().items()}
        return state

    @classmethod
    def from_state(cls, state: State) -> "Uplift":
        """Rebuild what `state` returned."""
        features, offers = (Vocabulary.from_state(name, state) for name in ("features", "offers"))
        own = (OfferUplift.from_state(_part(state, f"offer{k}")) for k in range(len(offers)))
        return cls(features, offers, tuple(own))


def _part(state: State, name: str) -> State:
    return {key.removeprefix(f"{name}_"): value for key, value in state.items() if key.startswith(f"{name}_")}
