"""Plans against all that is possible, against linear programming, and against the limits."""

from itertools import product

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from shopkeeper.coupons.budget import Limits, Plan, Prices, choose_in_turn, plan
from shopkeeper.kit.errors import InvalidInput

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


def people(n: int, k: int = 5, seed: int = 0) -> tuple[Floats, Whole]:
    """Return gains and costs: dearer offers gain more, each less for what they cost."""
    rng = np.random.default_rng(seed)
    cost = np.cumsum(rng.integers(20, 400, (n, k)), axis=1)
    gain = rng.gamma(1.0, 1.0, (n, 1)) * cost**0.7 * rng.uniform(0.5, 1.5, (n, k)) - 5
    return gain, cost


def is_within(found: Plan, gain: Floats, cost: Whole, limits: Limits) -> bool:
    """Whether a plan keeps to its limits, summed up anew, and says truly what it gains and spends."""
    rows = np.flatnonzero(found.offer >= 0)
    costs, gains = cost[rows, found.offer[rows]], gain[rows, found.offer[rows]]
    in_categories = [
        int(costs[[limits.category_of[k] == place for k in found.offer[rows]]].sum())
        for place in range(len(limits.by_category))
    ]
    assert (found.spent, found.by_category) == (costs.sum(), tuple(in_categories))
    assert found.gain == pytest.approx(gains.sum())
    assert found.gain <= found.bound * (1 + 1e-9) + 1e-9
    return (
        found.spent <= limits.money
        and all(spent <= most for spent, most in zip(in_categories, limits.by_category, strict=True))
        and int(costs.max(initial=0)) <= (limits.most_each if limits.most_each is not None else costs.max(initial=0))
        and found.gain >= limits.least_return * found.spent - 1e-6
    )


def test_the_best_of_all_plans_is_known_and_nearly_reached() -> None:
    for seed in range(20):
        gain, cost = people(6, 2, seed)
        limits = Limits(money=int(cost[:, -1].sum() * 0.4))
        best = 0.0
        for offers in product((-1, 0, 1), repeat=6):
            spent = sum(int(cost[i, k]) for i, k in enumerate(offers) if k >= 0)
            if spent <= limits.money:
                best = max(best, sum(gain[i, k] for i, k in enumerate(offers) if k >= 0))
        found = plan(gain, cost, limits)
        assert is_within(found, gain, cost, limits)
        assert 0.8 * best <= found.gain <= best + 1e-9 <= found.bound + 1e-6


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7])
def test_many_people_reach_what_the_linear_program_allows(share: float) -> None:
    gain, cost = people(300)
    limits = Limits(money=int(cost.max(axis=1).sum() * share))
    n, k = gain.shape
    one_each = np.kron(np.eye(n), np.ones(k))
    told = milp(
        -gain.ravel(),
        constraints=[LinearConstraint(one_each, ub=1), LinearConstraint(cost.reshape(1, -1), ub=limits.money)],
        bounds=Bounds(0, 1),
    )
    found = plan(gain, cost, limits)
    assert is_within(found, gain, cost, limits)
    assert found.bound == pytest.approx(-float(told.fun or 0), rel=1e-6)
    assert found.reached > 0.995


def test_a_budget_for_all_gives_everybody_the_best() -> None:
    gain, cost = people(200)
    found = plan(gain, cost, Limits(money=int(cost.sum())))
    np.testing.assert_array_equal(found.offer, np.where(gain.max(axis=1) > 0, gain.argmax(axis=1), -1))
    assert found.prices.of_offer.tolist() == [0.0] * 5
    assert found.reached == 1


def test_no_money_and_no_gain_give_nobody_anything() -> None:
    gain, cost = people(50)
    for found in (plan(gain, cost, Limits(money=0)), plan(-np.abs(gain), cost, Limits(money=10**6))):
        assert (found.offer == -1).all()
        assert (found.gain, found.spent, found.reached) == (0, 0, 1)


def test_what_costs_nothing_is_given_without_money() -> None:
    found = plan(np.array([[3.0, 5.0]]), np.array([[0, 1]]), Limits(money=0))
    assert (found.offer.tolist(), found.gain) == ([0], 3)


@pytest.mark.parametrize("n", [2_000, 50_000])
def test_every_limit_is_kept_and_used_up(n: int) -> None:
    gain, cost = people(n)
    limits = Limits(
        money=int(cost[:, 2].sum() * 0.5),
        most_each=900,
        category_of=(0, 0, 1, 2, 2),
        by_category=(int(cost[:, 1].sum() * 0.1), int(cost[:, 2].sum() * 0.15), int(cost[:, 3].sum() * 0.1)),
    )
    found = plan(gain, cost, limits)
    assert is_within(found, gain, cost, limits)
    assert found.reached > 0.99 if n < 10_000 else found.reached > 0.999


def test_a_plan_returns_what_it_must() -> None:
    gain, cost = people(5_000)
    free = plan(gain, cost, Limits(money=int(cost.sum())))
    limits = Limits(money=int(cost.sum()), least_return=2 * free.gain / free.spent)
    found = plan(gain, cost, limits)
    assert is_within(found, gain, cost, limits)
    assert found.gain / found.spent == pytest.approx(limits.least_return, rel=1e-3)
    assert found.reached > 0.999


@example(seed=8283, n=12, share=0.0782944983846002, least=1.0)
@example(seed=8076, n=7, share=0.12286353498974371, least=1.0)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 12), share=st.floats(0, 1), least=st.floats(0, 3))
def test_nothing_is_ever_overspent(seed: int, n: int, share: float, least: float) -> None:
    gain, cost = people(n, 3, seed)
    limits = Limits(
        money=int(cost.max(axis=1).sum() * share),
        category_of=(0, 1, 0),
        by_category=(int(cost.sum() * share / 3), int(cost.sum() * share / 5)),
        least_return=least,
    )
    assert is_within(plan(gain, cost, limits), gain, cost, limits)


def test_an_offer_that_is_not_for_somebody_is_not_given() -> None:
    gain, cost = people(500)
    gain[::2, 3:] = -np.inf
    found = plan(gain, cost, Limits(money=int(cost.sum())))
    assert found.offer[::2].max() < 3
    assert np.isfinite(found.gain)


def test_the_stored_prices_decide_as_the_plan_did() -> None:
    gain, cost = people(3_000)
    found = plan(gain, cost, Limits(money=int(cost.sum() * 0.05), most_each=1_500))
    alone = [found.prices.choose(gain[i], cost[i]) for i in range(len(gain))]
    assert np.mean(found.offer == alone) > 0.998
    dearer = found.prices.times(3)
    assert sum(dearer.choose(gain[i], cost[i]) >= 0 for i in range(len(gain))) < sum(k >= 0 for k in alone)


def test_money_that_runs_out_in_the_middle_of_a_batch() -> None:
    gain, cost = people(400)
    prices = Prices(np.zeros(5))
    wanted, _ = choose_in_turn(gain, cost, prices, 10**9)
    offer, left = choose_in_turn(gain, cost, prices, 60_000)
    spent = np.cumsum([cost[i, k] if k >= 0 else 0 for i, k in enumerate(offer)])
    assert left == 60_000 - spent[-1] >= 0
    ran_out = int(np.flatnonzero(offer != wanted)[0])
    assert 10 < ran_out < 390
    np.testing.assert_array_equal(offer[:ran_out], wanted[:ran_out])
    # Whoever wanted more than was left got the best that fitted, or nothing where nothing did.
    for i in range(ran_out, 400):
        still = 60_000 - (spent[i - 1] if i else 0)
        fitting = [k for k in range(5) if cost[i, k] <= still and gain[i, k] > 0]
        assert offer[i] == max(fitting, key=lambda k: gain[i, k], default=-1)


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(money=-1), "below 0"),
        (Limits(money=1, category_of=(0,), by_category=(5,)), "one for each"),
        (Limits(money=1, category_of=(0, 0, 0, 0, 1), by_category=(5,)), "without a budget"),
    ],
)
def test_limits_that_do_not_suit_are_refused(limits: Limits, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        plan(*people(3), limits)


def test_numbers_that_cannot_be_planned_with_are_refused() -> None:
    gain, cost = people(3)
    for gains, costs, why in (
        (gain[:2], cost, "each person"),
        (gain, cost / 1, "whole numbers"),
        (gain, -cost, "below 0"),
        (gain * np.nan, cost, "no number"),
    ):
        with pytest.raises(InvalidInput, match=why):
            plan(gains, np.asarray(costs), Limits(money=1))
