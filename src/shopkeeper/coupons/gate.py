"""Whether an offer may be targeted: only where people are proven to differ in what it brings; else all get it, or none.

A learner always finds an order of people, by chance too. So the order is judged on people it was not learned from, and
against what the same order gives when chance hands out the offer again: everybody keeps their features and, as if the
effect were the same for all, what they would have done with and without it (Ding, Feller and Miratrix 2016). Of several
learners the best counts, there as here, so that trying many proves nothing.
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
PERMUTATIONS = 499


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
    """Judge the orders that each learner gave of people it had not learned from.

    p is twice the share of permutations with a Qini as high, in the learner for which it is most unusual: an order may
    also be surely wrong, and half of the doubt is kept for that.
    """
    effect = trial.effect()
    orders = [[Order.of(fold.gain, fold.rows) for fold in told] for told in folds.values()]
    found = _qinis(orders, trial)
    groups = [np.flatnonzero(trial.probability == one) for one in np.unique(trial.probability)]
    chance = np.empty((permutations, len(orders)))
    for turn in range(permutations):
        treated = trial.treated.copy()
        for group in groups:
            treated[group] = treated[rng.permutation(group)]
        moved = trial.outcome + effect.value * (treated.astype(np.float64) - trial.treated)
        chance[turn] = _qinis(orders, Trial(treated, moved, trial.probability))
    spread = np.maximum(chance.std(axis=0), 1e-300)
    as_high = (chance / spread).max(axis=1) >= (found / spread).max()
    p = min(1.0, 2 * (1 + int(as_high.sum())) / (1 + permutations))
    return verdict(p, effect)


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


def _qinis(orders: Sequence[Sequence[Order]], trial: Trial) -> Floats:
    """Return the mean Qini of each learner's orders."""
    return np.array([np.mean([order.curve(trial).qini for order in told]) for told in orders])
