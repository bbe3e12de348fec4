"""Whether an offer may be targeted: only where people are proven to differ in what it brings; else all get it, or none.

A learner always finds an order of people, by chance too. So each order is judged on people it was not learned from,
against what the same order gives when chance hands out the offer again: everybody keeps their features and, as if the
effect were the same for all, what they would have done with and without it (Ding, Feller and Miratrix 2016). Of several
learners the best counts, there as here, so that trying many proves nothing. Orders that were learned from overlapping
people are not independent; twice the median of their p holds however they hang together (Meinshausen et al. 2009).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.coupons.qini import Floats, Interval, Order, Trial
from shopkeeper.kit.legible import legible

Policy = Literal["targeted", "all", "none"]

LEVEL = 0.05
PERMUTATIONS = 199


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """People that a learner did not learn from, and what it says of them."""

    rows: NDArray[np.int64]
    gain: Floats
    cost: Floats


@dataclass(frozen=True, slots=True)
class Verdict:
    """To whom an offer may go, and why."""

    policy: Policy
    why: str
    p: float | None = None
    """How likely chance gives an order as good; None where nothing was tested."""
    effect: Interval | None = None
    """What the offer brings a person in the mean."""
    measured: tuple[tuple[str, Interval], ...] = ()
    """Of each learner, how well it places people whom it did not learn from."""


def gate(
    folds: Mapping[str, Sequence[Fold]], trial: Trial, rng: Generator, permutations: int = PERMUTATIONS
) -> Verdict:
    """Judge the orders each learner gave of people it had not learned from; all have the same folds."""
    effect = trial.effect()
    told = [_p(learners, trial, effect.value, rng, permutations) for learners in zip(*folds.values(), strict=True)]
    return verdict(min(1.0, 2 * float(np.sort(told)[len(told) // 2])), effect)


def _p(learners: Sequence[Fold], trial: Trial, effect: float, rng: Generator, permutations: int) -> float:
    """Return how likely chance gives one of these orders of the same people a Qini as high."""
    own = trial.take(learners[0].rows)
    orders = [Order.of(fold.gain) for fold in learners]
    groups = [np.flatnonzero(own.probability == one) for one in np.unique(own.probability)]
    chance = np.empty((permutations, len(orders)))
    for turn in range(permutations):
        treated = own.treated.copy()
        for group in groups:
            treated[group] = treated[rng.permutation(group)]
        moved = own.outcome + effect * (treated.astype(np.float64) - own.treated)
        again = Trial(treated, moved, own.probability)
        chance[turn] = [order.curve(again).qini for order in orders]
    found = np.array([order.curve(own).qini for order in orders])
    # Of each learner in its own spread: one that is always near 0 is no worse judge.
    spread = np.maximum(chance.std(axis=0), 1e-300)
    as_high = (chance / spread).max(axis=1) >= (found / spread).max()
    return (1 + int(as_high.sum())) / (1 + permutations)


def verdict(p: float, effect: Interval) -> Verdict:
    """Return what follows from how likely chance gives an order as good, and from the mean effect."""
    told = f"{legible(effect.value)} a person ({legible(effect.low)} to {legible(effect.high)})"
    if p < LEVEL:
        return Verdict(
            "targeted", f"People differ in what the offer brings (p = {p:.3f}); in the mean {told}.", p, effect
        )
    policy: Policy = "all" if effect.value > 0 else "none"
    whom = "all get the offer" if policy == "all" else "nobody gets the offer"
    return Verdict(
        policy,
        f"It is not proven that people differ in what the offer brings (p = {p:.3f}), so {whom}: it brings {told}.",
        p,
        effect,
    )


def unknown(n: int, least: int) -> Verdict:
    """Return what is said of an offer that too few got by chance."""
    return Verdict(
        "none",
        f"Effect unknown: {n} people got the offer by chance or none instead, on the smaller side, and {least} are "
        "needed. Until then nobody gets it but by chance.",
    )
