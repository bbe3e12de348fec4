import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from shopkeeper.kit.best import Barred, best_of_dense, best_of_sparse, best_of_vector
from shopkeeper.kit.topk import TopK, top_k

Floats = NDArray[np.float32]
SHAPES = [(1, 5, 1, 3), (100, 1040, 7, 20), (3, 2100, 33, 50), (0, 9, 2, 2), (4, 9, 2, 0), (5, 6, 3, 9)]


def few(n_rows: int, n_columns: int, share: float = 1.0) -> Floats:
    """Small whole numbers: sums are exact, and full of ties."""
    rng = np.random.default_rng(n_rows)
    held = rng.random((n_rows, n_columns)) < share
    return np.where(held, rng.integers(-3, 4, held.shape), 0).astype(np.float32)


def barred(n_rows: int, n_columns: int) -> Barred:
    rng = np.random.default_rng(n_rows)
    own = [rng.integers(0, n_columns, length) for length in rng.integers(0, 12, n_rows)]
    indptr = np.cumsum([0, *map(len, own)]).astype(np.int64)
    idx = np.concatenate([np.zeros(0, int), *own]).astype(np.int32)
    return Barred(indptr, idx, rng.random(n_columns) < 0.2)


def expected(scores: Floats, k: int, without: Barred) -> TopK:
    scores[:, without.everywhere] = -np.inf
    scores[np.repeat(np.arange(len(scores)), np.diff(without.indptr)), without.idx] = -np.inf
    return top_k(scores, k)


@pytest.mark.parametrize(("n_rows", "n_columns", "depth", "k"), SHAPES)
def test_finds_the_best_of_vectors(n_rows: int, n_columns: int, depth: int, k: int) -> None:
    left, right, without = few(n_rows, depth), few(n_columns, depth), barred(n_rows, n_columns)
    best = expected(left @ right.T, k, without)
    found = best_of_dense(left, right, k, without)
    assert (found.idx == best.idx).all()
    assert (found.value == best.value).all()


@pytest.mark.parametrize(("n_rows", "n_columns", "depth", "k"), SHAPES)
def test_finds_the_best_of_sparse_rows(n_rows: int, n_columns: int, depth: int, k: int) -> None:
    left, right, without = few(n_rows, depth, 0.7), few(depth, n_columns, 0.1), barred(n_rows, n_columns)
    scores = left @ right
    best = expected(np.where(scores == 0, np.float32(-np.inf), scores), k, without)
    found = best_of_sparse(sp.csr_matrix(left), sp.csr_matrix(right), k, without)
    assert (found.idx == best.idx).all()
    assert (found.value == best.value).all()


def test_nothing_is_barred_unless_said() -> None:
    left, right = few(20, 4), few(30, 4)
    assert (best_of_dense(left, right, 3).idx == top_k(left @ right.T, 3).idx).all()


def test_what_is_not_a_number_finds_nothing() -> None:
    assert best_of_dense(np.full((2, 3), np.nan, np.float32), few(8, 3), 2).idx.tolist() == [[-1, -1], [-1, -1]]


def test_finds_the_best_for_one_vector_as_for_many() -> None:
    rng = np.random.default_rng(0)
    left, right = (rng.standard_normal((n, 20)).astype(np.float32) for n in (1, 3000))
    never = rng.random(3000) < 0.5
    found = best_of_vector(left[0], right, 50, never)
    allowed = np.flatnonzero(~never)
    expected = allowed[np.argsort(-(right[allowed] @ left[0]))[:50]]
    np.testing.assert_array_equal(found.idx, expected)
    np.testing.assert_allclose(found.value, right[expected] @ left[0], rtol=1e-5)


def test_nothing_is_best_for_a_vector_of_nan_or_among_none() -> None:
    right, nobody = np.ones((5, 2), np.float32), np.zeros(5, np.bool_)
    assert best_of_vector(np.full(2, np.nan, np.float32), right, 3, nobody).idx.tolist() == [-1] * 3
    assert best_of_vector(np.ones(2, np.float32), right, 3, ~nobody).idx.tolist() == [-1] * 3
