"""BG/NBD and gamma-gamma against what is published, against other formulas, and against simulated customers."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import hyp2f1

from shopkeeper.kit.errors import InvalidInput
from shopkeeper.prediction.lifetimes import Comebacks, Spending

Floats = NDArray[np.float64]

# Fader, Hardie and Lee 2005, table 2.
PUBLISHED = Comebacks(r=0.243, alpha=4.414, a=0.793, b=2.426)


def one(*numbers: float) -> tuple[NDArray[np.int64], Floats, Floats]:
    repeats, last, age = numbers
    return np.array([int(repeats)]), np.array([last]), np.array([age])


def simulated(model: Comebacks, n: int, age: float) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return customers who live as the model says: they buy, and after each purchase may leave."""
    rng = np.random.default_rng(0)
    repeats, last = np.zeros(n, np.int64), np.zeros(n)
    rates, leaving = rng.gamma(model.r, 1 / model.alpha, n), rng.beta(model.a, model.b, n)
    for customer in range(n):
        while (next_ := last[customer] + rng.exponential(1 / max(rates[customer], 1e-12))) < age:
            repeats[customer], last[customer] = repeats[customer] + 1, next_
            if rng.random() < leaving[customer]:
                break
    return repeats, last, np.full(n, age)


def test_the_example_of_the_authors() -> None:
    # "Implementing the BG/NBD model in Excel": customer 1, two repeats, the last in week 30.43 of 38.86.
    assert PUBLISHED.purchases(*one(2, 30.43, 38.86), 39.0) == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize("a", [0.4, 0.793, 0.9, 1.7, 3.2])
@pytest.mark.parametrize("repeats", [0, 1, 2, 7, 29])
def test_expected_purchases_are_those_of_the_hypergeometric_form(a: float, repeats: int) -> None:
    model = Comebacks(0.243, 4.414, a, 2.426)
    x, last, age = one(repeats, 20.0 * (repeats > 0), 38.86)
    r, alpha, b, t = model.r, model.alpha, model.b, 39.0
    comes = ((alpha + age) / (alpha + age + t)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + age + t))
    expected = (a + b + x - 1) / (a - 1) * (1 - comes) * model.alive(x, last, age)
    assert model.purchases(x, last, age, t) == pytest.approx(expected, rel=1e-6)


def test_nothing_is_lost_where_the_hypergeometric_form_fails() -> None:
    for a in (1.0, 1.0 + 1e-12):
        assert 0 < Comebacks(0.243, 4.414, a, 2.426).purchases(*one(2, 30.0, 39.0), 39.0)[0] < 2
    often = PUBLISHED.purchases(*one(5000, 999.0, 1000.0), 100.0)
    assert often == pytest.approx(500 * PUBLISHED.alive(*one(5000, 999.0, 1000.0)), rel=0.05)


def test_a_single_purchase_says_nothing_of_leaving_and_silence_does() -> None:
    assert PUBLISHED.alive(*one(0, 0.0, 39.0)) == 1
    silent = [PUBLISHED.alive(*one(5, 10.0, age))[0] for age in (10.0, 20.0, 40.0, 400.0, 1e6)]
    assert silent == sorted(silent, reverse=True)
    assert 0 <= silent[-1] < 1e-6


def test_who_lived_as_the_model_says_is_recognised() -> None:
    truth = Comebacks(0.8, 5.0, 0.9, 2.5)
    told = simulated(truth, 20_000, 60.0)
    found = Comebacks.fit(*told)
    assert found.log_likelihood(*told).sum() >= truth.log_likelihood(*told).sum()
    assert (found.r, found.alpha) == pytest.approx((truth.r, truth.alpha), rel=0.1)
    assert found.a / (found.a + found.b) == pytest.approx(truth.a / (truth.a + truth.b), abs=0.03)


def test_the_unit_of_time_does_not_matter() -> None:
    repeats, last, age = simulated(PUBLISHED, 3000, 39.0)
    weeks, days = Comebacks.fit(repeats, last, age), Comebacks.fit(repeats, 7 * last, 7 * age)
    assert days.alpha == pytest.approx(7 * weeks.alpha, rel=1e-3)
    assert days.purchases(repeats, 7 * last, 7 * age, 273.0) == pytest.approx(
        weeks.purchases(repeats, last, age, 39.0), rel=1e-3
    )


def test_the_likelihood_of_all_that_can_happen_is_one() -> None:
    # In a moment so short that two repeats are unlikely: none, or one at any time in it.
    age, at = 0.001, np.linspace(0, 0.001, 101)
    none = np.exp(PUBLISHED.log_likelihood(*one(0, 0.0, age)))[0]
    single = np.exp(PUBLISHED.log_likelihood(np.ones(101, np.int64), at, np.full(101, age)))
    assert none + np.trapezoid(single, at) == pytest.approx(1, abs=1e-7)


def test_spending_is_recognised_and_drawn_to_the_mean() -> None:
    rng = np.random.default_rng(0)
    truth, n = Spending(6.25, 3.74, 15.44), rng.integers(1, 8, 20_000)
    mean = rng.gamma(truth.p * n, 1 / rng.gamma(truth.q, 1 / truth.v, len(n))) / n
    found = Spending.fit(n, mean)
    assert (found.p, found.q) == pytest.approx((truth.p, truth.q), rel=0.1)
    of_all = truth.p * truth.v / (truth.q - 1)
    unknown, once, often = truth.expected(np.array([0, 1, 1000]), np.array([0.0, 200.0, 200.0]))
    assert unknown == pytest.approx(of_all)
    assert of_all < once < often < 200
    assert often == pytest.approx(200, rel=0.01)


@pytest.mark.parametrize(
    ("repeats", "last", "age", "why"),
    [([], [], [], "twice"), ([0, 0], [0, 0], [3, 4], "twice"), ([1], [5], [4], "newest purchase")],
)
def test_what_cannot_be_learned_from_is_refused(
    repeats: list[int], last: list[float], age: list[float], why: str
) -> None:
    with pytest.raises(InvalidInput, match=why):
        Comebacks.fit(np.array(repeats, np.int64), np.array(last, float), np.array(age, float))
    with pytest.raises(InvalidInput, match="prices"):
        Spending.fit(np.array([1, 2]), np.array([0.0, 0.0]))
