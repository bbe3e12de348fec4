import numpy as np
import pytest
import scipy.sparse as sp

from shopkeeper.kit.svd import truncated_svd


def popular_first(n_rows: int, n_columns: int) -> "sp.csr_matrix[np.float32]":
    """A sparse matrix whose columns grow rarer, as products do."""
    rng = np.random.default_rng(0)
    entries = rng.random((n_rows, n_columns)) * (rng.random((n_rows, n_columns)) < 0.1)
    return sp.csr_matrix((entries / (1 + np.arange(n_columns)) ** 0.7).astype(np.float32))


@pytest.mark.parametrize("shape", [(300, 200), (200, 300), (40, 30), (30, 2)])
def test_is_as_good_as_the_exact_decomposition(shape: tuple[int, int]) -> None:
    matrix = popular_first(*shape)
    k = min(10, *shape)
    exact = np.linalg.svd(matrix.toarray(), compute_uv=False)
    found = truncated_svd(matrix, sp.csr_matrix(matrix.T), k, np.random.default_rng(0), on_progress=lambda _: None)
    np.testing.assert_allclose(found.values, exact[:k], rtol=1e-3, atol=1e-5)
    left_over = np.linalg.norm(matrix.toarray() - found.left * found.values @ found.right.T)
    assert left_over == pytest.approx(np.linalg.norm(exact[k:]), rel=1e-3, abs=1e-4)


def test_the_same_seed_gives_the_same_bytes() -> None:
    matrix = popular_first(300, 200)
    first, second = (
        truncated_svd(matrix, sp.csr_matrix(matrix.T), 5, np.random.default_rng(7), on_progress=lambda _: None)
        for _ in range(2)
    )
    assert first.right.tobytes() == second.right.tobytes()


@pytest.mark.parametrize("rank", [0, 3, 40])
def test_defines_the_vectors_of_a_matrix_of_lower_rank(rank: int) -> None:
    rng = np.random.default_rng(0)
    product = rng.standard_normal((300, rank)) @ rng.standard_normal((rank, 200))
    matrix = sp.csr_matrix(product.astype(np.float32))
    found = truncated_svd(matrix, sp.csr_matrix(matrix.T), 20, np.random.default_rng(0), on_progress=lambda _: None)
    exact = np.linalg.svd(product, compute_uv=False)[:20]
    np.testing.assert_allclose(found.values, exact, atol=1e-3 * max(1, *exact))
    assert all(np.isfinite(part).all() for part in found)


def test_finds_values_that_hardly_fall() -> None:
    matrix = sp.csr_matrix(np.diag(np.linspace(2, 1, 400)).astype(np.float32))
    found = truncated_svd(matrix, matrix, 10, np.random.default_rng(0), on_progress=lambda _: None)
    assert np.square(found.values).sum() > 0.999 * np.square(np.linspace(2, 1, 400)[:10]).sum()
