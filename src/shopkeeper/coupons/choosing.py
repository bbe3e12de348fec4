"""Which learner says best whom an offer moves, and whether any says enough."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.coupons.dr_learner import DRLearner
from shopkeeper.coupons.gate import Fold
from shopkeeper.coupons.linear import Floats, Hurdle, Scaling
from shopkeeper.coupons.qini import Interval, Order, Trial, aucc, drawn_again
from shopkeeper.coupons.s_learner import SLearner
from shopkeeper.coupons.t_learner import TLearner
from shopkeeper.estimator import State

_REPEATS, _DRAWS = 3, 200
_SURELY = 0.025
_PENALTY = 1.0


class Learner(Protocol):
    """Learns what an offer adds."""

    @classmethod
    def fit(cls, x: Floats, trial: Trial, seed: int) -> Self:
        """Learn from features, (n, F)."""

    def effect(self, x: Floats) -> Floats:
        """Return what the offer adds for each."""

    def state(self) -> State:
        """Return all that was learned."""

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild what `state` returned."""


LEARNERS: Mapping[str, type[Learner]] = {"s": SLearner, "t": TLearner, "dr": DRLearner}
"""The simplest first."""


class Costs:
    """What an offer costs with each person it is given to."""

    def __init__(self, scaling: Scaling, hurdle: Hurdle) -> None:
        self._scaling, self._hurdle = scaling, hurdle

    @classmethod
    def fit(cls, x: Floats, trial: Trial, cost: Floats) -> "Costs":
        """Learn from those who got it."""
        own = trial.treated
        scaling = Scaling.of(x[own])
        z = scaling.scaled(x[own])
        penalty = np.append(0.0, np.full(z.shape[1] - 1, _PENALTY))
        return cls(scaling, Hurdle.fit(z, cost[own], trial.weight[own], penalty))

    def mean(self, x: Floats) -> Floats:
        """Return what is expected, 0 at least."""
        return np.maximum(self._hurdle.mean(self._scaling.scaled(x)), 0.0)

    def state(self) -> State:
        """Return all that was learned."""
        return self._scaling.state() | self._hurdle.state()

    @classmethod
    def from_state(cls, state: State) -> "Costs":
        """Rebuild what `state` returned."""
        return cls(Scaling.from_state(state), Hurdle.from_state(state))


def crossed(x: Floats, trial: Trial, cost: Floats, seed: int) -> dict[str, list[Fold]]:
    """Return what each learner says of people it did not learn from, by halves, several times."""
    told: dict[str, list[Fold]] = {name: [] for name in LEARNERS}
    for rows in halves(trial, seed):
        rest, places = ~rows, np.flatnonzero(rows)
        costs = Costs.fit(x[rest], trial.take(rest), cost[rest]).mean(x[rows])
        for name, learner in LEARNERS.items():
            effect = learner.fit(x[rest], trial.take(rest), seed).effect(x[rows])
            told[name].append(Fold(places, effect - costs, costs))
    return told


def halves(trial: Trial, seed: int, repeats: int = _REPEATS) -> list[NDArray[np.bool_]]:
    """Return halves of the people, with as many given and as many outcomes that are not 0 in each."""
    rng, parts = np.random.default_rng(seed), []
    for _ in range(repeats):
        is_first = np.empty(len(trial.treated), np.bool_)
        for side in (trial.treated, ~trial.treated):
            for came in (trial.outcome != 0, trial.outcome == 0):
                own = np.flatnonzero(side & came)
                is_first[rng.permutation(own)] = np.arange(len(own)) % 2 == 0
        parts += [is_first, ~is_first]
    return parts


def best(
    told: Mapping[str, Sequence[Fold]], trial: Trial, cost: Floats, rng: Generator
) -> tuple[str, dict[str, Interval]]:
    """Return the simplest learner than which the bootstrap calls no other better, and the figures of each.

    These are areas under the margin gained over what is spent, where the offer surely adds margin and costs in the
    mean, else the Qini of margin less cost; means over the folds.
    """
    profit, costs = replace(trial, outcome=trial.outcome - cost), replace(trial, outcome=cost)
    by_cost = trial.effect().low > 0 and costs.effect().low > 0
    orders = [[_order(fold, by_cost=by_cost) for fold in folds] for folds in told.values()]

    def figures(times: Floats) -> Floats:
        def area(order: Order) -> float:
            if by_cost:
                return aucc(order.curve(trial, times), order.curve(costs, times))
            return order.curve(profit, times).qini

        return np.array([np.mean([area(order) for order in own]) for own in orders])

    found = figures(np.ones(len(cost)))
    again = np.array([figures(drawn_again(profit, rng)) for _ in range(_DRAWS)])
    leader = int(np.argmax(found))
    is_behind = np.quantile(again[:, [leader]] - again, _SURELY, axis=0) > 0
    measured = {name: Interval.of(float(found[k]), again[:, k]) for k, name in enumerate(told)}
    return list(told)[int(np.argmin(is_behind))], measured


def _order(fold: Fold, *, by_cost: bool) -> Order:
    return Order.of(fold.gain / np.maximum(fold.cost, 1e-9) if by_cost else fold.gain, fold.rows)
