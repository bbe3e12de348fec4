"""Products of tall dense matrices, for loops that alternate with sparse kernels.

BLAS is as fast, but its threads wait busily for more after each call, and the kernels that come next have to share the
cores with them: in block Krylov iteration that took most of the time.
"""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import parallel, prange, summing
from shopkeeper.kit.tile import TILE_COLUMNS, TILE_ROWS, add_tile

Floats = NDArray[np.float32]

_ROWS = 16 * TILE_ROWS

# Sums are made in this many parts on any number of cores, so that the answer does not depend on it.
_PARTS = 16


def turned_times(left: Floats, right: Floats) -> NDArray[np.float64]:
    """Return left' (p, n) times right (n, q), both tall; sums of some rows are single, sums of those are double.

    Of a matrix with itself only one triangle is made.
    """
    p, q = left.shape[1], right.shape[1]
    sums = np.zeros((_PARTS, _whole(p, TILE_ROWS), _whole(q, TILE_COLUMNS)))
    _turned_times(left, right, sums, left is right)
    product: NDArray[np.float64] = sums.sum(axis=0)[:p, :q]
    return np.triu(product) + np.triu(product, 1).T if left is right else product


def tall_times(left: Floats, right: NDArray[np.floating]) -> Floats:
    """Return left (n, p), tall, times right (p, q), small."""
    p, q = right.shape
    padded = np.zeros((p, _whole(q, TILE_COLUMNS)), np.float32)
    padded[:, :q] = right
    product = np.empty((len(left), q), np.float32)
    _tall_times(left, padded, product)
    return product


def narrow_gram(matrix: Floats) -> NDArray[np.float64]:
    """Return matrix' (k, n) times matrix, tall and narrow, in double precision: single would square the rounding."""
    sums = np.zeros((_PARTS, matrix.shape[1], matrix.shape[1]))
    _narrow_gram(matrix, sums)
    return np.asarray(sums.sum(axis=0), np.float64)


def _whole(number: int, tile: int) -> int:
    return -(-number // tile) * tile


@parallel
def _turned_times(
    left: Floats, right: Floats, sums: NDArray[np.float64], triangle: bool
) -> None:  # pragma: no cover - compiled
    for part in prange(len(sums)):
        a, b = np.zeros((_ROWS, sums.shape[1]), np.float32), np.zeros((_ROWS, sums.shape[2]), np.float32)
        out = np.empty((sums.shape[1], sums.shape[2]), np.float32)
        for first in range(part * _ROWS, len(left), len(sums) * _ROWS):
            n_rows = min(_ROWS, len(left) - first)
            a[:n_rows, : left.shape[1]] = left[first : first + n_rows]
            b[:n_rows, : right.shape[1]] = right[first : first + n_rows]
            out[:] = 0
            for row in range(0, out.shape[0], TILE_ROWS):
                for column in range(row // TILE_COLUMNS * TILE_COLUMNS if triangle else 0, out.shape[1], TILE_COLUMNS):
                    add_tile(out, row, column, a, b, column, n_rows, np.float32(1))
            sums[part] += out


@parallel
def _tall_times(left: Floats, right: Floats, product: Floats) -> None:  # pragma: no cover - compiled
    for block in prange((len(left) + _ROWS - 1) // _ROWS):
        first = block * _ROWS
        n_rows = min(_ROWS, len(left) - first)
        turned, out = np.zeros((len(right), _ROWS), np.float32), np.zeros((_ROWS, right.shape[1]), np.float32)
        turned[:, :n_rows] = left[first : first + n_rows].T
        for row in range(0, n_rows, TILE_ROWS):
            for column in range(0, out.shape[1], TILE_COLUMNS):
                add_tile(out, row, column, turned, right, column, len(right), np.float32(1))
        product[first : first + n_rows] = out[:n_rows, : product.shape[1]]


@parallel
def _narrow_gram(matrix: Floats, sums: NDArray[np.float64]) -> None:  # pragma: no cover - compiled
    for part in prange(len(sums)):
        for n in range(part, len(matrix), len(sums)):
            for i in range(matrix.shape[1]):
                _add_scaled_row(sums[part, i], matrix[n], np.float64(matrix[n, i]))


@summing
def _add_scaled_row(total: NDArray[np.float64], row: Floats, weight: np.float64) -> None:  # pragma: no cover - compiled
    for j in range(len(row)):
        total[j] += weight * np.float64(row[j])
