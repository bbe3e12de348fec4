import numpy as np
import pytest
import scipy.sparse as sp

from shopkeeper.kit.least_squares import gram, solve_rows


@pytest.mark.parametrize("k", [1, 6, 16, 21])
def test_solves_rows_of_any_length_exactly(k: int) -> None:
    rng = np.random.default_rng(0)
    factors = rng.standard_normal((400, k)).astype(np.float32)
    weights = np.where(rng.random((5, 400)) < np.array([[0.0], [0.01], [0.3], [0.9], [1.0]]), 2.5, 0)
    found = solve_rows(sp.csr_matrix(weights, dtype=np.float32), factors, gram(factors), np.full(5, 0.7, np.float32))
    systems = (factors.T * (1 + weights[:, None])) @ factors + 0.7 * np.eye(k)
    expected = np.linalg.solve(systems, factors.T @ ((1 + weights) * (weights > 0))[:, :, None])[:, :, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
