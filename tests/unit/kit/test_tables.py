import numpy as np
import scipy.sparse as sp

from shopkeeper.kit.sparse import Rows
from shopkeeper.kit.tables import best_of_product, from_best, largest, strongest, times_sparse


def matrix(n_rows: int, n_columns: int) -> Rows:
    rng = np.random.default_rng(n_rows)
    held = rng.random((n_rows, n_columns)) < 0.15
    return sp.csr_matrix(np.where(held, rng.integers(1, 6, held.shape), 0).astype(np.float32))


def test_multiplies_sparse_matrices_into_a_dense_one() -> None:
    left, right = matrix(60, 40), matrix(40, 30)
    np.testing.assert_allclose(times_sparse(left, right), left.toarray() @ right.toarray(), rtol=1e-5)


def test_keeps_the_best_of_a_product() -> None:
    left, right = matrix(60, 40), matrix(40, 30)
    product = left.toarray() @ right.toarray()
    order = np.argsort(-product, axis=1, kind="stable")
    rank = np.argsort(order, axis=1)
    expected = np.where((rank < 5) & (product > 0), product, 0)
    np.testing.assert_allclose(best_of_product(left, right, 5).toarray(), expected, rtol=1e-5)


def test_finds_the_strongest_entry() -> None:
    rows = sp.csr_matrix(np.array([[1, 3, 0], [0, 0, 0]], np.float32))
    table = sp.csr_matrix(np.array([[2, 0, 4], [1, 0, 1], [9, 9, 9]], np.float32))
    assert strongest(rows, table, np.array([[0, 1, 2], [0, 1, 2]])).tolist() == [[1, -1, 0], [-1, -1, -1]]


def test_keeps_what_is_furthest_from_zero() -> None:
    dense = np.array([[1, -3, 0, 2], [0, 0, 0, 0], [0, 0, 5, 0]], np.float32)
    assert largest(dense, 2).toarray().tolist() == [[0, -3, 0, 2], [0, 0, 0, 0], [0, 0, 5, 0]]
    assert largest(dense[:0], 2).shape == (0, 4)


def test_places_without_a_column_are_no_entries() -> None:
    idx, value = np.array([[2, -1], [-1, -1]], np.int32), np.array([[7, 9], [9, 9]], np.float32)
    assert from_best(idx, value, 3).toarray().tolist() == [[0, 0, 7], [0, 0, 0]]
