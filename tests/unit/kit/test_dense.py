import numpy as np
import pytest

from shopkeeper.kit.dense import LENGTH, add_combinations, products_with
from shopkeeper.kit.tile import TILE_COLUMNS, TILE_ROWS


@pytest.mark.parametrize(("p", "pieces", "tiles"), [(1, 1, 1), (6, 20, 1), (16, 33, 2), (0, 1, 1)])
def test_multiplies_long_vectors(p: int, pieces: int, tiles: int) -> None:
    rng = np.random.default_rng(0)
    n, q = pieces * LENGTH, tiles * TILE_COLUMNS
    room, block, weights = (rng.standard_normal(shape).astype(np.float32) for shape in ((p, n), (n, q), (p, q)))
    vectors = np.vstack([room, np.full((TILE_ROWS, n), np.nan, np.float32)])[:p]
    np.testing.assert_allclose(products_with(vectors, block), vectors @ block, atol=1e-3)
    expected = block + vectors.T @ weights
    np.testing.assert_allclose(add_combinations(block, vectors, weights), expected, atol=1e-4)
