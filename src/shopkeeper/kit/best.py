"""The best columns of each row of a product of matrices that is never held: tiles or single rows, then the k largest.

One core makes a few rows at a time, small enough for its cache, and picks while they are there. Left to BLAS and a
second pass, the product goes through memory, and BLAS's threads wait busily on the cores that the second pass needs.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled, n_threads, parallel, prange, summing
from shopkeeper.kit.similarity import Csr
from shopkeeper.kit.sparse import Rows, as_csr
from shopkeeper.kit.tile import TILE_COLUMNS, TILE_ROWS, add_tile
from shopkeeper.kit.topk import TopK, in_order, offer

Floats = NDArray[np.float32]

# 96 rows of 1024 columns, and the right side's 1024 columns of some hundred numbers, share a second-level cache.
_BLOCK_ROWS, _BLOCK_COLUMNS = 16 * TILE_ROWS, 64 * TILE_COLUMNS

# Columns of a sparse product are looked at, and set to zero again, in runs of 2 ** 6.
_RUN = 6


class Barred(NamedTuple):
    """Columns that must not be found: row b's own are idx[indptr[b]:indptr[b + 1]], in any order, repeats allowed."""

    indptr: NDArray[np.int64]
    """(B + 1,)"""
    idx: NDArray[np.int32]
    everywhere: NDArray[np.bool_]
    """(n_columns,), True where no row may find it."""


def best_of_sparse(left: Rows, right: Rows, k: int, barred: Barred | None = None) -> TopK:
    """Return the k largest of each row of left (B, m) times right (m, n), both sparse; a sum of 0 is no entry.

    Work: the additions, and one look at each run of 64 columns that they touch. Memory: a row for each core.
    """
    found = _nothing_yet(left.shape[0], k)
    barred = barred or _nothing_barred(left.shape[0], right.shape[1])
    if left.shape[0] == 1:
        _best_of_sparse.on_one_core(as_csr(left), as_csr(right), barred, *found, 1)
    else:
        _best_of_sparse(as_csr(left), as_csr(right), barred, *found, n_threads())
    return found


def best_of_dense(left: Floats, right: Floats, k: int, barred: Barred | None = None) -> TopK:
    """Return the k largest of each row of left (B, d) times right' (d, n), both dense; a row of NaN finds nothing.

    Scores are those of left @ right.T up to rounding. Memory: right once more, and 400 kB for each core.
    """
    found = _nothing_yet(len(left), k)
    if not k or not right.size:
        return found
    barred = barred or _nothing_barred(len(left), len(right))
    n_tiles = -(-len(right) // TILE_COLUMNS)
    padded = np.zeros((n_tiles * TILE_COLUMNS, right.shape[1]), np.float32)
    padded[: len(right)] = right
    # The columns of each tile next to each other: one after the other they would be in as many pages as there are.
    tiles = np.ascontiguousarray(padded.reshape(n_tiles, TILE_COLUMNS, -1).transpose(0, 2, 1))
    floor = np.full(len(padded), -np.inf, np.float32)
    floor[: len(right)][~barred.everywhere] = 0
    _best_of_dense(np.ascontiguousarray(left, np.float32), tiles, floor, barred, *found, n_threads())
    return found


def best_of_vector(vector: Floats, right: Floats, k: int, never: NDArray[np.bool_]) -> TopK:
    """Return the k largest of vector (d,) times right' (d, n), where `never`, (n,), does not hold; both (k,).

    For a single request: on one core, each number of `right` read once, and what may not be found not at all.
    """
    found = TopK(np.full(k, -1, np.int32), np.full(k, -np.inf, np.float32))
    if not np.isnan(vector).any():
        _best_of_vector(np.ascontiguousarray(vector, np.float32), right, never, *found)
    return found


def _nothing_yet(n_rows: int, k: int) -> TopK:
    return TopK(np.full((n_rows, k), -1, np.int32), np.full((n_rows, k), -np.inf, np.float32))


def _nothing_barred(n_rows: int, n_columns: int) -> Barred:
    return Barred(np.zeros(n_rows + 1, np.int64), np.zeros(0, np.int32), np.zeros(n_columns, np.bool_))


@parallel
def _best_of_sparse(
    left: Csr, right: Csr, barred: Barred, idx: NDArray[np.int32], best: Floats, n_cores: int
) -> None:  # pragma: no cover - compiled
    n_columns, nothing = len(barred.everywhere), np.float32(-np.inf)
    for core in prange(n_cores):
        sums, touched = np.zeros(n_columns, np.float32), np.zeros((n_columns >> _RUN) + 1, np.bool_)
        for row in range(core, len(idx), n_cores):
            for p in range(left.indptr[row], left.indptr[row + 1]):
                start, end = right.indptr[left.indices[p]], right.indptr[left.indices[p] + 1]
                _add_and_touch(sums, touched, right.indices[start:end], right.data[start:end], left.data[p])
            for p in range(barred.indptr[row], barred.indptr[row + 1]):
                sums[barred.idx[p]] = 0
            for run in range(len(touched)):
                if touched[run]:
                    touched[run] = False
                    first, last = run << _RUN, min((run + 1) << _RUN, n_columns)
                    part, never = sums[first:last], barred.everywhere[first:last]
                    for i in range(len(part)):
                        part[i] = nothing if part[i] == 0 or never[i] else part[i]
                    offer(part, first, idx[row], best[row])
                    part[:] = 0
            in_order(idx[row], best[row])


@compiled
def _add_and_touch(
    sums: Floats, touched: NDArray[np.bool_], indices: NDArray[np.uint32], data: Floats, weight: np.float32
) -> None:  # pragma: no cover - compiled
    """Do as `add_scaled`, and note the runs of what was added."""
    end = len(indices) - len(indices) % 4
    for e in range(0, end, 4):
        i, j, k, m = indices[e], indices[e + 1], indices[e + 2], indices[e + 3]
        a = sums[i] + weight * data[e]
        b = sums[j] + weight * data[e + 1]
        c = sums[k] + weight * data[e + 2]
        d = sums[m] + weight * data[e + 3]
        sums[i], sums[j], sums[k], sums[m] = a, b, c, d
        touched[i >> _RUN], touched[j >> _RUN], touched[k >> _RUN], touched[m >> _RUN] = True, True, True, True
    for e in range(end, len(indices)):
        sums[indices[e]] += weight * data[e]
        touched[indices[e] >> _RUN] = True


@compiled
def _best_of_vector(
    vector: Floats, right: Floats, never: NDArray[np.bool_], idx: NDArray[np.int32], best: Floats
) -> None:  # pragma: no cover - compiled
    scores = np.empty(_BLOCK_COLUMNS, np.float32)
    for first in range(0, len(right), _BLOCK_COLUMNS):
        width = min(_BLOCK_COLUMNS, len(right) - first)
        for i in range(width):
            scores[i] = -np.inf if never[first + i] else _product(vector, right[first + i])
        offer(scores[:width], first, idx, best)
    in_order(idx, best)


@summing
def _product(left: Floats, right: Floats) -> np.float32:  # pragma: no cover - compiled
    total = np.float32(0)
    for i in range(len(left)):
        total += left[i] * right[i]
    return total


@parallel
def _best_of_dense(
    left: Floats,
    tiles: Floats,
    floor: Floats,
    barred: Barred,
    idx: NDArray[np.int32],
    best: Floats,
    n_cores: int,
) -> None:  # pragma: no cover - compiled
    n_blocks = (len(left) + _BLOCK_ROWS - 1) // _BLOCK_ROWS
    for core in prange(n_cores):
        turned = np.zeros((left.shape[1], _BLOCK_ROWS), np.float32)
        scores = np.empty((_BLOCK_ROWS, _BLOCK_COLUMNS), np.float32)
        for block in range(core, n_blocks, n_cores):
            base = block * _BLOCK_ROWS
            n_rows = min(_BLOCK_ROWS, len(left) - base)
            turned[:, :n_rows] = left[base : base + n_rows].T
            for first in range(0, len(floor), _BLOCK_COLUMNS):
                width = min(_BLOCK_COLUMNS, len(floor) - first)
                for r in range(n_rows):
                    scores[r, :width] = floor[first : first + width]
                _add_tiles(scores, turned, tiles[first // TILE_COLUMNS :], n_rows, width)
                for r in range(n_rows):
                    _bar(scores[r, :width], first, barred, base + r)
                    offer(scores[r, :width], first, idx[base + r], best[base + r])
            for r in range(n_rows):
                in_order(idx[base + r], best[base + r])


@compiled
def _add_tiles(
    scores: Floats, turned: Floats, tiles: Floats, n_rows: int, width: int
) -> None:  # pragma: no cover - compiled
    for column in range(0, width, TILE_COLUMNS):
        tile = tiles[column // TILE_COLUMNS]
        for row in range(0, n_rows, TILE_ROWS):
            add_tile(scores, row, column, turned, tile, 0, len(turned), np.float32(1))


@compiled
def _bar(scores: Floats, first: int, barred: Barred, row: int) -> None:  # pragma: no cover - compiled
    """Take a row's own columns out of the scores of first, first + 1, ..."""
    for p in range(barred.indptr[row], barred.indptr[row + 1]):
        if first <= barred.idx[p] < first + len(scores):
            scores[barred.idx[p] - first] = -np.inf
