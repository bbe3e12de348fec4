"""The coarse copy finds exactly what a pass over all rows finds."""

import numpy as np
import pytest

from shopkeeper.kit.best import best_of_vector
from shopkeeper.kit.coarse import CoarseRows


def _rows(n: int, d: int, seed: int = 0) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, d)) * rng.exponential(size=(n, 1))).astype(np.float32)


@pytest.mark.parametrize(("n", "d"), [(1, 1), (8191, 7), (8192, 64), (20_001, 33), (30_000, 1)])
@pytest.mark.parametrize("k", [1, 20, 100, 400])
def test_finds_the_same_as_one_pass(n: int, d: int, k: int) -> None:
    """Places and scores, for any length that is no whole tile, and more places than tiles."""
    rows, rng = _rows(n, d), np.random.default_rng(1)
    never = rng.random(n) < 0.3
    coarse = CoarseRows(rows)
    for vector in (rng.standard_normal(d).astype(np.float32), np.zeros(d, np.float32), rows[0] * 1000):
        found, expected = coarse.best_of(vector, k, never), best_of_vector(vector, rows, k, never)
        assert found.idx.tolist() == expected.idx.tolist()
        assert found.value.tolist() == expected.value.tolist()


def test_close_scores_keep_their_order() -> None:
    """Rows that differ by less than a code can say, and rows that are the same: ties to the lower index."""
    rows = np.ones((10_000, 16), np.float32)
    rows[::7] += np.float32(1e-6)
    vector, never = np.ones(16, np.float32), np.zeros(10_000, np.bool_)
    found = CoarseRows(rows).best_of(vector, 100, never)
    assert found.idx.tolist() == (np.arange(100) * 7).tolist()


def test_numbers_that_are_none_or_without_end() -> None:
    """A row of NaN is never found, an infinite one is where it belongs, and huge or tiny ones are told apart."""
    rows = _rows(9000, 8)
    rows[1], rows[2], rows[3], rows[4] = np.nan, np.inf, 1e30, 1e-40
    rows[5, 0], rows[6, 3] = np.nan, -np.inf
    rows[2, 1:], rows[6, :3] = 1, 1
    vector, never = np.abs(_rows(1, 8)[0]) + 1, np.zeros(9000, np.bool_)
    with np.errstate(all="ignore"):
        found, expected = CoarseRows(rows).best_of(vector, 50, never), best_of_vector(vector, rows, 50, never)
    assert found.idx.tolist() == expected.idx.tolist()
    assert found.idx[:2].tolist() == [2, 3]


def test_nothing_allowed_finds_nothing() -> None:
    """And so does a vector that is none."""
    rows = _rows(9000, 8)
    assert set(CoarseRows(rows).best_of(rows[0], 5, np.ones(9000, np.bool_)).idx.tolist()) == {-1}
    nothing = np.full(8, np.nan, np.float32)
    assert set(CoarseRows(rows).best_of(nothing, 5, np.zeros(9000, np.bool_)).idx.tolist()) == {-1}
