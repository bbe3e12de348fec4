"""Calibration, quality, trees and the chain of categories, each alone."""

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.calibration import Calibration
from shopkeeper.prediction.next_category import NextCategory, Steps
from shopkeeper.prediction.quality import Quality
from shopkeeper.prediction.trees import Trees


@pytest.mark.parametrize("n", [2_000, 40_000])
def test_numbers_become_probabilities_in_the_same_order(n: int) -> None:
    rng = np.random.default_rng(0)
    truth = rng.beta(1, 5, 2 * n)
    boasts, happened = truth**0.3, rng.random(2 * n) < truth
    calibration = Calibration.fit(boasts[:n], happened[:n])
    assert Quality.of(boasts[n:], happened[n:]).ece > 0.3
    assert Quality.of(calibration.probability(boasts[n:]), happened[n:]).ece < 0.02
    line = calibration.probability(np.linspace(0, 1, 1001))
    assert (np.diff(line) >= 0).all()
    assert 0 < line[0] < line[-1] < 1


def test_quality_of_an_example_by_hand() -> None:
    quality = Quality.of(np.array([0.05, 0.05, 0.35, 1.0]), np.array([False, True, False, True]))
    assert quality.auc == pytest.approx(0.625)  # of four pairs two right, one tied
    assert quality.brier == pytest.approx((0.05**2 + 0.95**2 + 0.35**2) / 4)
    assert quality.ece == pytest.approx((2 * abs(0.5 - 0.05) + 0.35 + 0) / 4)
    assert [part.n for part in quality.bins] == [2, 1, 1]


def cases(rng: Generator, n: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    x = rng.normal(size=(n, 3))
    return x, rng.random(n) < 1 / (1 + np.exp(2 - 2 * x[:, 0] * (x[:, 1] > 0)))


def test_trees_learn_what_a_line_cannot_and_the_same_again() -> None:
    rng = np.random.default_rng(0)
    learned, newest, asked = cases(rng, 6000), cases(rng, 3000), cases(rng, 6000)
    trees = Trees.fit(learned, newest)
    quality = Quality.of(trees.probability(asked[0]), asked[1])
    assert quality.auc > 0.7
    assert quality.ece < 0.03
    assert np.array_equal(Trees.fit(learned, newest).probability(asked[0]), trees.probability(asked[0]))
    weights = np.abs(trees.contributions(asked[0])).mean(axis=0)
    assert weights.shape == (3,)
    assert weights[2] < weights[:2].min()


def test_the_chain_is_learned_and_drawn_to_the_person() -> None:
    rng = np.random.default_rng(0)
    chain = np.array([[0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.8, 0.1, 0.1]])
    told = []
    for person in range(200):
        now = 0
        for step in range(20):
            then = int(rng.choice(3, p=chain[now]))
            told.append((person, step, now, then))
            now = then
    model = NextCategory.fit(Steps(*np.array(told).T), 3)
    assert model.chain == pytest.approx(chain, abs=0.05)
    assert model.chain.sum(axis=1) == pytest.approx(1)
    assert model.prior == 1000  # nobody has a taste of their own
    stranger = model.probabilities(np.zeros(3), -1)
    assert stranger.sum() == pytest.approx(1)
    fan = model.probabilities(np.array([0.0, 0.0, 5000.0]), 0)
    assert fan.argmax() == 2
    assert model.probabilities(np.zeros(3), 0).argmax() == 1
