import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from shopkeeper.kit import sparse
from shopkeeper.kit.sparse import (
    Measure,
    RowIndex,
    Rows,
    no_louder,
    scaled_rows,
    sum_rows,
    times_dense,
    unit_rows,
)


def matrix(n_rows: int = 60, n_columns: int = 40, *, binary: bool = False, seed: int = 1) -> Rows:
    rng = np.random.default_rng(seed)
    held = rng.random((n_rows, n_columns)) < 0.15
    entries = np.ones(held.shape) if binary else rng.integers(1, 6, held.shape)
    return sp.csr_matrix(np.where(held, entries, 0).astype(np.float32))


def on_shared(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    both = (x != 0) & (y != 0)
    if both.sum() < 2 or np.ptp(x[both]) == 0 or np.ptp(y[both]) == 0:
        return 0.0
    return float(np.corrcoef(x[both], y[both])[0, 1])


def dense(rows: Rows, measure: Measure, shrink: float) -> NDArray[np.float64]:
    """All similarities, from the definitions."""
    x: NDArray[np.float64] = rows.toarray().astype(np.float64)
    lengths: NDArray[np.float64] = np.linalg.norm(x, axis=1)
    if measure == "dot":
        return np.asarray(x @ x.T)
    if measure == "cosine":
        cosines: NDArray[np.float64] = x @ x.T / (np.outer(lengths, lengths) + shrink)
        return cosines
    if measure == "euclidean":
        distances: NDArray[np.float64] = np.linalg.norm(x[:, None] - x[None], axis=2)
        return 1 / (1 + distances)
    if measure == "pearson":
        centred = x - x.mean(axis=1, keepdims=True)
        spread = np.linalg.norm(centred, axis=1)
        correlations: NDArray[np.float64] = centred @ centred.T / (np.outer(spread, spread) + shrink)
        return correlations
    return np.array([[on_shared(a, b) for b in x] for a in x])


@pytest.mark.parametrize("measure", ["dot", "cosine", "euclidean", "pearson", "pearson_shared"])
@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("significance", [0.0, 5.0])
@pytest.mark.parametrize("overlap_required", [True, False])
@pytest.mark.parametrize("block_rows", [7, 32_768])
def test_finds_what_the_definition_finds(
    measure: Measure,
    binary: bool,
    significance: float,
    overlap_required: bool,
    block_rows: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sparse, "_BLOCK_ROWS", block_rows)
    rows = matrix(binary=binary)
    shrink = 1.0 if measure in ("cosine", "pearson") else 0.0
    held = (rows.toarray() > 0).astype(int)
    shared = held @ held.T
    expected = dense(rows, measure, shrink) * np.divide(
        shared, shared + significance, where=shared + significance > 0, out=np.ones(shared.shape)
    )
    if overlap_required:
        expected[shared == 0] = -np.inf
    np.fill_diagonal(expected, -np.inf)
    best = -np.sort(-expected, axis=1)[:, :10]

    index = RowIndex(rows, measure, shrink=shrink, significance=significance, overlap_required=overlap_required)
    found = index.find(rows, 10, own=np.arange(60, dtype=np.int32))

    np.testing.assert_allclose(found.similarity, np.where(np.isfinite(best), best, 0), atol=2e-5)
    held_by = found.idx >= 0
    assert (held_by == np.isfinite(best)).all()
    query = np.repeat(np.arange(60)[:, None], 10, axis=1)
    assert (index.shared(rows, found.idx) == np.where(held_by, shared[query, found.idx], 0)).all()
    np.testing.assert_allclose(
        expected[query[held_by], found.idx[held_by]], found.similarity[held_by], atol=2e-5, err_msg="wrong rows"
    )


def test_equal_rows_come_in_order() -> None:
    rows = sp.csr_matrix(np.ones((5, 3), np.float32))
    assert RowIndex(rows).find(rows[:1], 3).idx.tolist() == [[0, 1, 2]]


def test_asymmetry_weighs_the_length_of_the_found_row() -> None:
    rows = sp.csr_matrix(np.array([[1, 1, 1, 1], [1, 0, 0, 0]], np.float32))
    query = sp.csr_matrix(np.array([[1, 1, 0, 0]], np.float32))
    assert RowIndex(rows, asymmetry=0.0).find(query, 1).idx.tolist() == [[1]]
    assert RowIndex(rows, asymmetry=1.0).find(query, 1).idx.tolist() == [[0]]


def test_a_history_beyond_the_small_counters_is_counted_right() -> None:
    rows = sp.csr_matrix(np.ones((1, 70_000), np.float32))
    assert RowIndex(rows, "dot").find(rows, 1).similarity.tolist() == [[70_000]]


def test_asks_for_more_than_there_are() -> None:
    assert RowIndex(matrix(3)).find(matrix(2), 10).idx.shape == (2, 3)


def test_sums_rows_by_weight() -> None:
    rows = matrix()
    idx = np.array([[3, 5, -1], [0, 0, 1]], np.int32)
    weights = np.array([[1, 0.5, 9], [2, 1, 0]], np.float32)
    x: NDArray[np.float32] = rows.toarray()
    sums = sum_rows(weights, idx, rows)
    assert sums.tolist() == [(x[3] + 0.5 * x[5]).tolist(), (3 * x[0]).tolist()]


def test_multiplies_with_a_dense_matrix() -> None:
    rows, right = matrix(), np.random.default_rng(0).random((40, 7), np.float32)
    np.testing.assert_allclose(times_dense(rows, right), rows.toarray() @ right, rtol=1e-5)


def test_unit_rows_have_length_one_and_empty_rows_stay_empty() -> None:
    rows = sp.csr_matrix(np.array([[3, 4], [0, 0]], np.float32))
    assert unit_rows(rows).toarray() == pytest.approx(np.array([[0.6, 0.8], [0, 0]]))


def test_entries_too_small_to_be_squared_are_similar_to_nothing() -> None:
    rows = sp.csr_matrix(np.array([[1e-25, 0], [1, 0]], np.float32))
    assert np.isfinite(RowIndex(rows, "cosine").find(rows, 2).similarity).all()


def test_rows_of_subnormal_numbers_are_scaled_to_finite_ones() -> None:
    rows = sp.csr_matrix(np.array([[1e-45, 0], [1, 3]], np.float32))
    assert np.isfinite(scaled_rows(rows, np.array([1e44, 2.0])).data).all()


def test_no_weight_is_louder_than_several_others() -> None:
    weights = np.array([[9, 5, 4, 3, 2], [9, 5, 4, 0, 0], [9, 5, 0, 0, 0], [0, 0, 0, 0, 0]], np.float32)
    quiet = [[3, 3, 3, 3, 2], [4, 4, 4, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]
    assert no_louder(weights, 4, least=3).tolist() == quiet


def test_where_there_are_no_rows_none_is_loud() -> None:
    assert no_louder(np.empty((2, 0), np.float32), 4, least=3).shape == (2, 0)
