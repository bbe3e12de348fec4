"""Qini curves against a plain loop, known answers, and what chance gives."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper.coupons.qini import Trial, aucc, curve, qini, qini_interval
from shopkeeper.kit.errors import InvalidInput, TooLittle

Floats = NDArray[np.float64]


def by_hand(score: Floats, treated: NDArray[np.bool_], outcome: Floats) -> tuple[list[float], list[float]]:
    """Return the curve by counting from the start at each threshold."""
    shares, gains, n_treated = [0.0], [0.0], int(treated.sum())
    for threshold in sorted(set(score.tolist()), reverse=True):
        first = score >= threshold
        y_t, n_t = outcome[first & treated].sum(), (first & treated).sum()
        y_c, n_c = outcome[first & ~treated].sum(), (first & ~treated).sum()
        gains.append((y_t - (y_c * n_t / n_c if n_c else 0.0)) / n_treated)
        shares.append(first.mean())
    return shares, gains


def people(n: int = 400, seed: int = 0) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Return scores with ties, whom an offer moves more the higher they are, treated by halves."""
    rng = np.random.default_rng(seed)
    score, treated = rng.integers(0, 30, n) / 30, rng.random(n) < 0.5
    return score, treated, (rng.random(n) < 0.2 + 0.5 * score * treated).astype(np.float64)


@pytest.mark.parametrize("seed", range(5))
def test_the_curve_is_that_of_counting(seed: int) -> None:
    score, treated, outcome = people(seed=seed)
    found = curve(score, Trial.of(treated, outcome))
    shares, gains = by_hand(score, treated, outcome)
    np.testing.assert_allclose(found.share, shares)
    np.testing.assert_allclose(found.gain, gains)
    area = sum((gains[k] + gains[k - 1]) / 2 * (shares[k] - shares[k - 1]) for k in range(1, len(gains)))
    assert found.qini == pytest.approx(area - gains[-1] / 2)


def test_a_known_answer() -> None:
    # The first half all treated buy and nobody else: half of all is brought at half of the people.
    treated = np.array([True, False] * 4)
    outcome = np.array([1.0, 0, 1, 0, 0, 0, 0, 0])
    score = np.array([2.0, 2, 2, 2, 1, 1, 1, 1])
    found = curve(score, Trial.of(treated, outcome))
    assert found.gain.tolist() == [0, 0.5, 0.5]
    assert found.qini == pytest.approx(0.375 - 0.25)
    assert found.held(0.5) == 1
    assert qini(-score, Trial.of(treated, outcome)) == pytest.approx(-0.125)


def test_scores_that_are_all_the_same_say_nothing() -> None:
    _, treated, outcome = people()
    assert qini(np.zeros(400), Trial.of(treated, outcome)) == pytest.approx(0, abs=1e-12)


def test_scores_by_chance_give_nothing_in_the_mean() -> None:
    _, treated, outcome = people(2000)
    rng, trial = np.random.default_rng(1), Trial.of(treated, outcome)
    found = [qini(rng.random(2000), trial) for _ in range(200)]
    assert abs(np.mean(found)) < 4 * np.std(found) / 200**0.5


def test_weights_make_up_for_who_was_treated_more_often() -> None:
    rng = np.random.default_rng(0)
    n = 200_000
    score = rng.random(n)
    chance = np.where(score > 0.5, 0.8, 0.3)
    even, uneven = rng.random(n) < 0.5, rng.random(n) < chance
    moved = 0.1 + 0.2 * score

    def trial(treated: NDArray[np.bool_], p: Floats | None) -> Trial:
        return Trial.of(treated, (rng.random(n) < 0.1 + moved * treated).astype(float), p)

    assert qini(score, trial(uneven, chance)) == pytest.approx(qini(score, trial(even, None)), abs=0.003)
    assert trial(uneven, chance).effect().value == pytest.approx(0.2, abs=0.01)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    truth = qini(*_with_trial(people(400_000, seed=99)))
    inside = 0
    for seed in range(60):
        found = qini_interval(*_with_trial(people(600, seed=seed)), np.random.default_rng(seed), draws=200)
        inside += found.low <= truth <= found.high
    assert inside >= 52


def _with_trial(told: tuple[Floats, NDArray[np.bool_], Floats]) -> tuple[Floats, Trial]:
    return told[0], Trial.of(told[1], told[2])


def test_cost_curves_put_first_what_earns_most_for_its_cost() -> None:
    rng = np.random.default_rng(0)
    n = 50_000
    earns, treated = rng.random(n), rng.random(n) < 0.5
    gain, cost = Trial.of(treated, earns * treated), Trial.of(treated, 1.0 * treated)
    # Gains in order of size are 2c - c^2 of all by the share c that is spent: 2/3 under it.

    def area(score: Floats) -> float:
        return aucc(curve(score, gain), curve(score, cost))

    assert area(earns) == pytest.approx(2 / 3, abs=0.01)
    assert area(rng.random(n)) == pytest.approx(0.5, abs=0.02)
    assert area(-earns) == pytest.approx(1 / 3, abs=0.01)
    assert aucc(curve(earns, gain), curve(earns, Trial.of(treated, np.zeros(n)))) == 0.5


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(TooLittle, match="some not"):
        Trial.of(np.ones(3, bool), np.ones(3))
    with pytest.raises(InvalidInput, match="finite"):
        Trial.of(np.array([True, False]), np.array([1.0, np.nan]))
    with pytest.raises(InvalidInput, match="chance"):
        Trial.of(np.array([True, False]), np.ones(2), np.array([0.5, 1.0]))
    with pytest.raises(InvalidInput, match="places nobody"):
        qini(np.array([0.0, np.nan]), Trial.of(np.array([True, False]), np.ones(2)))
