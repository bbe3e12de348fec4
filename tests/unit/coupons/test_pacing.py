"""The price follows what is redeemed: up when coupons cost more than foretold, never beyond the money that is left."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper.coupons.budget import Limits, Prices
from shopkeeper.coupons.pacing import Books, Delays, Pacer
from shopkeeper.kit.errors import InvalidInput

BUDGET = 1_000_000
START = Pacer.start(Prices(np.zeros(3)), Limits(money=BUDGET))


def people(n: int = 2000, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    cost = np.cumsum(rng.integers(20, 300, (n, 3)), axis=1)
    return rng.gamma(1.0, 1.0, (n, 1)) * cost**0.7, cost


def spends(pacer: Pacer, gain: NDArray[np.float64], cost: NDArray[np.int64]) -> int:
    """Return what coupons to these people cost, as foretold."""
    chosen = [pacer.prices.choose(gain[i], cost[i]) for i in range(len(gain))]
    return sum(int(cost[i, k]) for i, k in enumerate(chosen) if k >= 0)


def test_the_price_is_that_at_which_the_sample_spends_its_share() -> None:
    gain, cost = people()
    found = START.moved(Books(spent=0), 0.1, gain, cost)
    assert spends(found, gain, cost) == pytest.approx(0.1 * BUDGET, rel=0.02)
    fresh = people(seed=1)
    assert spends(found, *fresh) == pytest.approx(0.1 * BUDGET, rel=0.15)


def test_what_is_spent_reserved_or_out_leaves_less() -> None:
    gain, cost = people()
    for books in (
        Books(spent=500_000),
        Books(spent=200_000, reserved=300_000),
        Books(spent=200_000, reserved=100_000, out=200_000),
    ):
        found = START.moved(books, 0.1, gain, cost)
        assert spends(found, gain, cost) == pytest.approx(0.05 * BUDGET, rel=0.02)


def test_coupons_that_cost_twice_what_was_foretold_are_given_to_half() -> None:
    gain, cost = people()
    pacer = START
    for _ in range(20):
        pacer = pacer.heard(20_000, 40_000)
    assert pacer.ratio == pytest.approx(2, rel=0.12)
    found = pacer.moved(Books(spent=0), 0.1, gain, cost)
    assert 2 * spends(found, gain, cost) == pytest.approx(0.1 * BUDGET, rel=0.12)
    assert (found.prices.of_offer > START.moved(Books(spent=0), 0.1, gain, cost).prices.of_offer).all()


def test_what_came_long_ago_is_forgotten_and_little_says_little() -> None:
    assert START.ratio == 1
    assert START.heard(100, 800).ratio < 1.1
    pacer = START
    for came in [20_000.0] * 20 + [60_000.0] * 10:
        pacer = pacer.heard(20_000, came)
    assert pacer.ratio > 2.3
    assert START.heard(1_000_000, 0).ratio == 1 / 8


def test_without_money_nobody_gets_anything_and_without_people_the_price_stays() -> None:
    gain, cost = people()
    for books in (Books(spent=BUDGET), Books(spent=900_000, reserved=200_000)):
        assert spends(START.moved(books, 0.5, gain, cost), gain, cost) == 0
    assert START.moved(Books(spent=0), 0.5, gain[:0], cost[:0]) is START


def test_categories_keep_their_parts() -> None:
    gain, cost = people()
    limits = Limits(money=BUDGET, category_of=(0, 0, 1), by_category=(BUDGET, BUDGET // 10))
    found = Pacer.start(Prices(np.zeros(3)), limits).moved(Books(spent=0), 0.2, gain, cost)
    chosen = np.array([found.prices.choose(gain[i], cost[i]) for i in range(len(gain))])
    assert cost[chosen == 2, 2].sum() <= 0.02 * BUDGET * 1.05
    assert found.prices.of_offer[2] > found.prices.of_offer[0]


def test_delays_say_how_much_has_come() -> None:
    delays = Delays.of(np.array([1.0, 2.0, 2.0, 6.0]))
    assert delays.share(np.array([0.0, 1.0, 2.5, 9.0])).tolist() == [0, 0.25, 0.75, 1]
    for wrong in (np.zeros(0), np.array([-1.0])):
        with pytest.raises(InvalidInput, match="delays"):
            Delays.of(wrong)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidInput, match="0 or more"):
        Books(spent=-1)
    with pytest.raises(InvalidInput, match="0 to 1"):
        START.moved(Books(spent=0), 1.5, *people())
