"""Tests of chance, against counting by hand."""

from math import comb

import numpy as np
import pytest

from shopkeeper.kit.significance import q_values, together_by_chance


def test_chance_is_counted() -> None:
    both, a, b, n = 3, 4, 5, 12
    ways = sum(comb(a, k) * comb(n - a, b - k) for k in range(both, min(a, b) + 1)) / comb(n, b)
    found = together_by_chance(np.array([both]), np.array([a]), np.array([b]), n)
    assert found[0] == pytest.approx(ways, rel=1e-12)


def test_q_values_are_those_of_benjamini_and_hochberg() -> None:
    p = np.array([0.04, 0.001, 0.03, 0.5])
    assert q_values(p, 4).tolist() == pytest.approx([0.16 / 3, 0.004, 0.16 / 3, 0.5])


def test_tests_that_nobody_computed_count() -> None:
    assert q_values(np.array([0.001]), 1000).tolist() == [1.0]


def test_of_pure_chance_few_are_found() -> None:
    rng = np.random.default_rng(0)
    baskets = rng.random((2_000, 60)) < 0.1
    first, second = np.triu_indices(60, 1)
    alone = baskets.sum(0)
    both = (baskets.T.astype(np.int64) @ baskets)[first, second]
    p = together_by_chance(both, alone[first], alone[second], len(baskets))
    assert (p < 0.05).sum() > 20
    assert (q_values(p, len(p)) < 0.05).sum() == 0
