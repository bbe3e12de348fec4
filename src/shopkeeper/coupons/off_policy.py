"""What another policy would have brought, from what happened under the one there was.

n decisions, each with the probability p it was taken with, and the probabilities pi with which the other policy would
take each of the K offers and none there; w = pi(what was decided) / p:

IPS    mean of w r                                          (Horvitz and Thompson 1952)
SNIPS  sum of w r / sum of w                                (Swaminathan and Joachims 2015)
DR     mean of sum_k pi_k q_k + w (r - q(what was decided)) (Dudik, Langford and Li 2011)

r what was brought, q what a regression expects, learned from other decisions than the one it is used for. (sum w)^2
over the sum of w^2 is how many decisions of the other policy's own would say as much; under 200 nothing is said.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from shopkeeper.coupons.linear import Floats, Scaling
from shopkeeper.coupons.qini import Interval
from shopkeeper.kit.errors import InvalidInput, TooLittle

Places = NDArray[np.integer]

LEAST_EFFECTIVE = 200.0
_RIDGE = 10.0
_MISMATCH = 0.001
"""How unlikely shares must be before they are an alarm: it is looked at often."""


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """Decisions as they were logged, n of them."""

    decision: Places
    """(n,) the place of what was decided, 0 to K."""
    probability: Floats
    """(n,) of that."""
    reward: Floats
    """(n,) such as the margin that came less what the coupon took off."""

    def __post_init__(self) -> None:
        if not len(self.decision) == len(self.probability) == len(self.reward):
            raise InvalidInput("Each decision needs its probability and what it brought.")
        if not ((self.probability > 0) & (self.probability <= 1)).all():
            raise InvalidInput("Each decision needs the probability it was taken with, above 0, or nothing is known.")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a policy brings with each decision, by three formulas."""

    ips: Interval
    snips: Interval
    dr: Interval
    effective: float
    """How many decisions of its own would say as much."""


def evaluate(log: Log, policy: Floats, expected: Floats) -> Estimate:
    """Return what a policy, (n, K + 1) probabilities, would have brought; TooLittle where too few decisions tell.

    `expected`, (n, K + 1), is q, such as `expected_rewards` makes.
    """
    _check(log, policy, expected)
    rows, n = np.arange(len(log.reward)), len(log.reward)
    weight = policy[rows, log.decision] / log.probability
    effective = float(weight.sum() ** 2 / (weight @ weight)) if weight.any() else 0.0
    if effective < LEAST_EFFECTIVE:
        raise TooLittle(
            f"Of {n} decisions as few as {effective:.0f} tell of this policy, and {LEAST_EFFECTIVE:.0f} are needed: "
            "explore more, wait, or ask about a policy that is nearer to the one there was."
        )
    snips = float(weight @ log.reward / weight.sum())
    by_rule = (policy * np.where(policy > 0, expected, 0.0)).sum(axis=1)
    return Estimate(
        ips=_mean(weight * log.reward),
        # By the delta method: how each decision moves the ratio.
        snips=Interval.normal(snips, float(np.std(weight * (log.reward - snips)) / weight.mean() / n**0.5)),
        dr=_mean(by_rule + weight * (log.reward - expected[rows, log.decision])),
        effective=effective,
    )


def expected_rewards(x: Floats, log: Log, n_decisions: int, *, seed: int = 0, parts: int = 2) -> Floats:
    """Return what a ridge regression for each decision expects, (n, K + 1), learned from the other parts of the people.

    Rewards are weighed by 1 over their probability, as if every decision had been as likely everywhere. What was never
    decided is expected to bring what the rest did.
    """
    z = Scaling.of(x).scaled(x)
    part = np.random.default_rng(seed).permutation(len(x)) % parts
    told = np.empty((len(x), n_decisions))
    for number in range(parts):
        own = part == number
        for k in range(n_decisions):
            rows = ~own & (log.decision == k)
            told[own, k] = _ridge(z[rows if rows.any() else ~own], log, rows if rows.any() else ~own, z[own])
    return told


def against_holdout(rewards: Floats, holdout: Floats) -> Interval:
    """Return how much more people bring than those who never get a coupon, each in the mean (Welch)."""
    if min(len(rewards), len(holdout)) < 2:
        raise TooLittle("At least two people with coupons and two who never get one are needed.")
    error = np.var(rewards, ddof=1) / len(rewards) + np.var(holdout, ddof=1) / len(holdout)
    return Interval.normal(float(rewards.mean() - holdout.mean()), float(error**0.5))


def check_shares(counts: NDArray[np.int64], shares: Floats) -> float:
    """Return how likely chance fills the arms like this (chi-square); InvalidInput where it is no chance.

    Arms that are not as large as was drawn mean that people were lost or counted twice in one: nothing that is learned
    from them holds until the reason is found (Fabijan et al. 2019).
    """
    p = float(stats.chisquare(counts, counts.sum() * shares / shares.sum()).pvalue)
    if p < _MISMATCH:
        should = counts.sum() * shares / shares.sum()
        told = ", ".join(f"{n} where {due:.0f} should be" for n, due in zip(counts, should, strict=True))
        raise InvalidInput(
            f"The arms are not as large as was drawn (p = {p:.1g}): {told}. Look for who was lost or came twice."
        )
    return p


def _ridge(z: Floats, log: Log, rows: NDArray[np.bool_], asked: Floats) -> Floats:
    weight = 1 / log.probability[rows]
    weight = weight / weight.mean()
    penalty = np.full(z.shape[1], _RIDGE)
    penalty[0] = 1e-9
    weighted = z * weight[:, None]
    return np.asarray(asked @ np.linalg.solve(weighted.T @ z + np.diag(penalty), weighted.T @ log.reward[rows]))


def _mean(values: Floats) -> Interval:
    return Interval.normal(float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5))


def _check(log: Log, policy: Floats, expected: Floats) -> None:
    if policy.shape != expected.shape or len(policy) != len(log.reward):
        raise InvalidInput("The policy and what is expected need a number for each decision and offer.")
    if (policy < 0).any() or not np.allclose(policy.sum(axis=1), 1):
        raise InvalidInput("The probabilities of a policy must be 0 or more, and 1 together.")
