import numpy as np
import pytest

from shopkeeper.kit.dense import narrow_gram, tall_times, turned_times


@pytest.mark.parametrize(("n", "p", "q"), [(1, 1, 1), (100, 6, 16), (2000, 7, 33), (0, 3, 2)])
def test_multiplies_tall_matrices(n: int, p: int, q: int) -> None:
    rng = np.random.default_rng(0)
    left, right, small = (rng.standard_normal(shape).astype(np.float32) for shape in ((n, p), (n, q), (p, q)))
    np.testing.assert_allclose(turned_times(left, right), left.T @ right, atol=1e-3)
    np.testing.assert_allclose(turned_times(left, left), left.T @ left, atol=1e-3)
    np.testing.assert_allclose(tall_times(left, small), left @ small, atol=1e-4)
    np.testing.assert_allclose(narrow_gram(left), left.T.astype(float) @ left.astype(float), rtol=1e-12, atol=1e-12)
