import numpy as np
import pytest

from shopkeeper.kit.lots import DRAWS, best_shares, draw, some

NUMBERS = np.arange(0, 600, 2, dtype=np.int32)
NONE = np.empty(0, np.int32)


@pytest.mark.parametrize("n_open", [0, 3, 24, 60, 300])
def test_some_are_of_what_is_open_and_not_taken_none_twice(n_open: int) -> None:
    is_open = np.zeros(600, np.bool_)
    is_open[NUMBERS[:n_open]] = True
    taken = NUMBERS[:3]
    found = some(NUMBERS, is_open, taken, 24, np.random.default_rng(0)).tolist()
    assert len(set(found)) == len(found) == min(24, max(n_open - 3, 0))
    assert set(found) <= set(NUMBERS[3:n_open].tolist())


@pytest.mark.parametrize("share", [0.05, 0.25, 1.0])
def test_each_is_as_likely_however_few_are_open(share: float) -> None:
    is_open = np.random.default_rng(1).random(600) < share
    times, rng = np.zeros(600), np.random.default_rng(2)
    for _ in range(3000):
        times[some(NUMBERS, is_open, NONE, 4, rng)] += 1
    told = times[NUMBERS[is_open[NUMBERS]]]
    assert told.sum() == 12_000
    assert np.abs(told / told.mean() - 1).max() < 5 / np.sqrt(told.mean())


def test_what_is_drawn_is_drawn_as_the_generator_does() -> None:
    shares = np.random.default_rng(1).dirichlet(np.ones(7))
    for seed in range(50):
        place = np.random.default_rng(seed).choice(7, p=shares)
        assert draw(shares, 1, np.random.default_rng(seed)).place.tolist() == [place]


def test_none_is_drawn_twice_and_none_that_has_no_share() -> None:
    shares = np.array([0.0, 0.2, 0.0, 0.5, 0.3, 0.0])
    for seed in range(50):
        drawn = draw(shares, 5, np.random.default_rng(seed))
        assert sorted(drawn.place.tolist()) == [1, 3, 4]
        left = 1 - np.concatenate(([0.0], np.cumsum(shares[drawn.place])[:-1]))
        assert drawn.probability == pytest.approx(shares[drawn.place] / left)


def test_shares_are_of_the_draws_in_which_each_is_best() -> None:
    hits, misses, factor = np.array([1.0, 5.0, 2.0]), np.array([20.0, 20.0, 9.0]), np.array([1.0, 0.7, 1.5])
    best = (np.random.default_rng(4).beta(hits, misses, (DRAWS, 3)) * factor).argmax(axis=1)
    expected = 0.6 * np.bincount(best, minlength=3) / DRAWS + 0.4 / 3
    assert best_shares(hits, misses, factor, np.random.default_rng(4), 0.4) == pytest.approx(expected)
