"""What a policy would have brought is what it brings; too little is refused; intervals may be watched."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper.coupons.off_policy import Log, against_holdout, check_shares, evaluate, expected_rewards
from shopkeeper.coupons.sequential import running_effect, running_interval
from shopkeeper.kit.errors import InvalidInput, TooLittle

Floats = NDArray[np.float64]


def logged(n: int = 5000, seed: int = 0) -> tuple[Floats, Log, Floats]:
    """Return features, a log of four decisions that a feature is best for in turn, and what each brings in the mean."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 4))
    mean = 10 + 3 * x
    usual = np.where(x[:, 0] > 0, 0, 1)
    decision = np.where(rng.random(n) < 0.4, rng.integers(0, 4, n), usual)
    probability = 0.1 + 0.6 * (decision == usual)
    return x, Log(decision, probability, mean[np.arange(n), decision] + rng.standard_normal(n)), mean


def test_formulas_are_those_of_a_plain_loop() -> None:
    log = Log(np.array([0, 1, 1] * 100), np.array([0.5, 0.25, 0.8] * 100), np.array([1.0, 2.0, 4.0] * 100))
    policy = np.tile([[1.0, 0.0], [0.5, 0.5], [0.2, 0.8]], (100, 1))
    expected = np.tile([[1.5, 0.5], [0.0, 1.0], [2.0, 3.0]], (100, 1))
    told = evaluate(log, policy, expected)
    w = [1 / 0.5, 0.5 / 0.25, 0.8 / 0.8]
    assert told.ips.value == pytest.approx((w[0] * 1 + w[1] * 2 + w[2] * 4) / 3)
    assert told.snips.value == pytest.approx((w[0] * 1 + w[1] * 2 + w[2] * 4) / sum(w))
    assert told.dr.value == pytest.approx(
        (1.5 + w[0] * (1 - 1.5) + 0.5 + w[1] * (2 - 1.0) + (0.4 + 2.4) + w[2] * (4 - 3.0)) / 3
    )
    assert told.effective == pytest.approx(100 * sum(w) ** 2 / sum(a * a for a in w))


@pytest.mark.parametrize("name", ["ips", "snips", "dr"])
def test_intervals_hold_what_the_policy_brings_about_as_often_as_they_say(name: str) -> None:
    inside, widths = 0, []
    for seed in range(100):
        x, log, _ = logged(seed=seed)
        best = x.argmax(axis=1)
        figure = getattr(evaluate(log, np.eye(4)[best], expected_rewards(x, log, 4)), name)
        # What the policy brings with people like these: for the formulas, people are drawn too.
        inside += figure.low <= 10 + 3 * 1.0294 <= figure.high
        widths.append(figure.high - figure.low)
    assert 88 <= inside <= 100
    assert np.mean(widths) < {"ips": 2.5, "snips": 1.0, "dr": 0.3}[name]


def test_doubly_robust_holds_where_the_regression_is_wrong() -> None:
    x, log, mean = logged(20_000)
    policy = np.eye(4)[x.argmax(axis=1)]
    truth = float((policy * mean).sum(axis=1).mean())
    told = evaluate(log, policy, np.full(mean.shape, 50.0))
    assert told.dr.low <= truth <= told.dr.high


def test_what_is_expected_was_learned_from_others() -> None:
    x, log, _ = logged(400)
    found = expected_rewards(x, log, 4, seed=1)
    lonely = Log(log.decision, log.probability, np.where(np.arange(400) == 7, 1e6, log.reward))
    moved = np.abs(expected_rewards(x, lonely, 4, seed=1) - found).max(axis=1) > 1
    assert not moved[7]
    assert moved.sum() > 100


def test_a_decision_that_was_never_taken_is_expected_to_bring_what_the_rest_does() -> None:
    x, log, _ = logged(2000)
    assert expected_rewards(x, log, 5)[:, 4].mean() == pytest.approx(10, abs=1)


def test_too_few_decisions_that_tell_are_refused() -> None:
    x, log, mean = logged(300)
    with pytest.raises(TooLittle, match="200 are needed"):
        evaluate(log, np.eye(4)[x.argmax(axis=1)], mean)
    elsewhere = np.zeros((300, 4))
    elsewhere[np.arange(300), (log.decision + 1) % 4] = 1
    with pytest.raises(TooLittle, match="as few as 0 tell"):
        evaluate(log, elsewhere, mean)


def test_a_log_without_probabilities_and_a_policy_that_is_none_are_refused() -> None:
    with pytest.raises(InvalidInput, match="above 0"):
        Log(np.array([0]), np.array([0.0]), np.array([1.0]))
    with pytest.raises(InvalidInput, match="what it brought"):
        Log(np.array([0]), np.array([0.5]), np.array([1.0, 2.0]))
    _, log, mean = logged(300)
    with pytest.raises(InvalidInput, match="1 together"):
        evaluate(log, mean, mean)
    with pytest.raises(InvalidInput, match="for each decision"):
        evaluate(log, mean[:5], mean[:5])


def test_the_holdout_tells_the_difference() -> None:
    rng = np.random.default_rng(0)
    told = against_holdout(rng.normal(12, 5, 9000), rng.normal(10, 5, 500))
    assert told.low < 2 < told.high
    assert told.high - told.low == pytest.approx(2 * 1.96 * (25 / 9000 + 25 / 500) ** 0.5, rel=0.05)
    with pytest.raises(TooLittle):
        against_holdout(np.ones(1), np.ones(5))


def test_arms_that_are_not_as_large_as_drawn_are_an_alarm() -> None:
    shares = np.array([0.05, 0.08, 0.87])
    assert check_shares(np.array([510, 790, 8700]), shares) > 0.1
    with pytest.raises(InvalidInput, match="400 where 500 should be"):
        check_shares(np.array([400, 800, 8800]), shares)


def test_a_running_interval_may_be_watched() -> None:
    escaped, at_once = 0, 0
    for seed in range(100):
        values = np.random.default_rng(seed).exponential(1.0, 3000)
        looks = [running_interval(values[:n], 1000) for n in range(100, 3001, 50)]
        escaped += any(not look.low <= 1 <= look.high for look in looks)
        at_once += any(abs(values[:n].mean() - 1) > 1.96 * values[:n].std() / n**0.5 for n in range(100, 3001, 50))
    assert escaped <= 8
    assert at_once > 20  # what an interval for one look does when it is watched


def test_a_running_interval_is_not_much_longer_where_it_is_tightest() -> None:
    values = np.random.default_rng(0).standard_normal(1000)
    watched = running_interval(values, 1000)
    assert 1.96 < (watched.high - watched.low) / 2 * 1000**0.5 / values.std() < 3.5
    with pytest.raises(TooLittle, match="100 are needed"):
        running_interval(values[:99])


def test_a_running_effect_is_what_the_treatment_adds() -> None:
    rng = np.random.default_rng(0)
    treated = rng.random(20_000) < 0.9
    outcome = rng.normal(50, 5, 20_000) + 3 * treated
    found = running_effect(treated, outcome, np.full(20_000, 0.9))
    assert found.low < 3 < found.high
    assert found.high - found.low < 1
