"""Products of a long block of vectors with a few columns, for loops that alternate with sparse kernels.

BLAS is as fast, but its threads wait busily for more after each call, and the kernels that come next have to share the
cores with them: in block Krylov iteration that took most of the time.

Here lengths are whole numbers of `LENGTH`, columns of `TILE_COLUMNS`: nothing is checked.
"""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import parallel, prange
from shopkeeper.kit.tile import TILE_COLUMNS, TILE_ROWS, add_tile

Floats = NDArray[np.float32]

LENGTH = 16 * TILE_ROWS
"""Of the pieces in which vectors are gone through: with some hundred vectors they share a second-level cache."""

# Sums are made in this many parts on any number of cores, so that the answer does not depend on it.
_PARTS = 16


def whole(number: int, part: int) -> int:
    """Return the next number that is made of whole parts."""
    return -(-number // part) * part


def products_with(vectors: Floats, block: Floats) -> NDArray[np.float64]:
    """Return vectors (p, n) times block (n, q); sums of some rows are single, sums of those are double.

    The memory after the last vector is read to a whole number of `TILE_ROWS`, and what comes of it is dropped.
    """
    p = len(vectors)
    sums = np.zeros((_PARTS, whole(p, TILE_ROWS), block.shape[1]))
    _products_with(vectors, block, sums)
    return np.asarray(sums[:, :p].sum(axis=0), np.float64)


def add_combinations(block: Floats, vectors: Floats, weights: NDArray[np.floating]) -> Floats:
    """Add to block (n, q) the combinations vectors' (n, p) times weights (p, q) of vectors; return it."""
    _add_combinations(block, vectors, np.ascontiguousarray(weights, np.float32))
    return block


@parallel
def _products_with(vectors: Floats, block: Floats, sums: NDArray[np.float64]) -> None:  # pragma: no cover - compiled
    for part in prange(len(sums)):
        out = np.empty((sums.shape[1], sums.shape[2]), np.float32)
        for first in range(part * LENGTH, len(block), len(sums) * LENGTH):
            out[:] = 0
            turned, own = vectors[:, first:].T, block[first:]
            for row in range(0, out.shape[0], TILE_ROWS):
                for column in range(0, out.shape[1], TILE_COLUMNS):
                    add_tile(out, row, column, turned, own, column, LENGTH, np.float32(1))
            sums[part] += out


@parallel
def _add_combinations(block: Floats, vectors: Floats, weights: Floats) -> None:  # pragma: no cover - compiled
    for piece in prange(len(block) // LENGTH):
        for column in range(0, block.shape[1], TILE_COLUMNS):
            for row in range(piece * LENGTH, (piece + 1) * LENGTH, TILE_ROWS):
                add_tile(block, row, column, vectors, weights, column, len(vectors), np.float32(1))
