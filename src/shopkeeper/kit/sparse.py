"""Sparse matrices by rows: similar rows, sums of rows, products; each on all cores, in bounded memory."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from shopkeeper.kit import similarity as kernels
from shopkeeper.kit.compiled import n_threads, parallel, prange
from shopkeeper.kit.tile import TILE_COLUMNS, add_rows

Rows: TypeAlias = "sp.csr_matrix[np.float32]"
Measure = Literal["dot", "cosine", "euclidean", "pearson", "pearson_shared"]

_MEASURES: dict[Measure, int] = {
    "dot": kernels.DOT,
    "cosine": kernels.COSINE,
    "euclidean": kernels.EUCLIDEAN,
    "pearson": kernels.PEARSON,
    "pearson_shared": kernels.PEARSON_SHARED,
}

# Of 8 to 64 thousand rows all are as fast; an accumulator of this many is 128 kB, and 16 bits suffice to name a row.
_BLOCK_ROWS = 32_768


class Neighbours(NamedTuple):
    """The most similar rows of each query, best first, ties to the lower index; -1 and 0 where there are no more."""

    idx: NDArray[np.int32]
    """(B, k)"""
    similarity: NDArray[np.float32]
    """(B, k)"""


class RowIndex:
    """Rows made ready to be searched for the most similar to others; what can be counted once is counted once.

    dot:             q.r
    cosine:          q.r / (|q|^2a |r|^2(1-a) + shrink), a the asymmetry; 0.5 is the cosine (Aiolli 2013)
    euclidean:       1 / (1 + |q - r|)
    pearson:         correlation over all M columns, with shrink in its denominator
    pearson_shared:  correlation over the columns that both hold (Herlocker et al. 1999)

    Then times c / (c + significance), c the number of shared columns. With `overlap_required` only rows whose product
    with the query is not zero count.
    """

    def __init__(
        self,
        rows: Rows,
        measure: Measure = "cosine",
        *,
        asymmetry: float = 0.5,
        shrink: float = 0.0,
        significance: float = 0.0,
        overlap_required: bool = True,
    ) -> None:
        """Take the rows, (N, M), and store them once more by columns."""
        self.rows = rows
        self._blocks = _blocks(rows)
        self._measure, self._asymmetry = measure, asymmetry
        self._of_rows = _statistics(rows, measure, 1 - asymmetry)
        self._binary = bool((rows.data == 1).all())
        self._rule = kernels.Rule(_MEASURES[measure], np.float32(shrink), np.float32(significance), overlap_required)

    def find(self, queries: Rows, k: int, own: NDArray[np.int32] | None = None) -> Neighbours:
        """Return the k rows most similar to each of `queries`, (B, M).

        `own`, shape (B,), names the row that a query must not find (itself), -1 for none. Work: one addition for each
        pair of entries in one column. Memory besides the answer: less than 2 MB for each core.
        """
        n_queries = queries.shape[0]
        own = np.full(n_queries, -1, np.int32) if own is None else own.astype(np.int32)
        shape = (n_queries, min(k, self.rows.shape[0]))
        found = kernels.Found(np.full(shape, -1, np.int32), np.full(shape, -np.inf, np.float32), own)
        of_queries = _statistics(queries, self._measure, self._asymmetry)
        kernel = self._kernel(queries)
        accumulate = kernel.on_one_core if n_queries == 1 else kernel
        accumulate(
            as_csr(queries), self._blocks, of_queries, self._of_rows, self._rule, found, min(n_queries, n_threads())
        )
        found.best[found.idx < 0] = 0
        return Neighbours(found.idx, found.best)

    def shared(self, queries: Rows, idx: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return how many columns each query shares with each of its rows `idx`, both (B, k); idx -1 shares none.

        This reads whole rows, and can take longer than finding them: it is for who wants to know.
        """
        shared = np.empty(idx.shape, np.int32)
        counted = (as_csr(queries), as_csr(self.rows), self.rows.shape[1], idx, shared)
        if len(idx) == 1:
            kernels.count_shared.on_one_core(*counted, 1)
        else:
            kernels.count_shared(*counted, n_threads())
        return shared

    def _kernel(self, queries: Rows) -> kernels.Kernel:
        if self._measure == "pearson_shared":
            return kernels.by_shared
        countable = self._binary and (queries.data == 1).all() and np.diff(queries.indptr).max(initial=0) < 2**16
        return kernels.by_counting if countable else kernels.by_products


def sum_rows(weights: NDArray[np.float32], idx: NDArray[np.int32], rows: Rows) -> NDArray[np.float32]:
    """Return sum over j of weights[b, j] * rows[idx[b, j]], shape (B, n_columns); idx -1 adds nothing."""
    sums = np.zeros((len(idx), rows.shape[1]), np.float32)
    add = _sum_rows.on_one_core if len(idx) == 1 else _sum_rows
    add(np.ascontiguousarray(weights, np.float32), idx, as_csr(rows), sums)
    return sums


def no_louder(weights: NDArray[np.float32], place: int, least: int) -> NDArray[np.float32]:
    """Return weights, (B, k) best first and zero or above, none larger than the `place`-th of its row.

    Where fewer are above zero, it is the last of these that none is larger than; a row of fewer than `least` is 0.
    """
    if not weights.size:
        return weights
    there = np.count_nonzero(weights > 0, axis=1)
    highest = weights[np.arange(len(weights)), np.maximum(np.minimum(there, place) - 1, 0)]
    return np.minimum(weights, np.where(there < least, 0, highest)[:, None])


def times_dense(
    matrix: Rows, dense: NDArray[np.float32], out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Return matrix (m, n) times dense (at least n, k), added to the first m rows of `out` where it is given.

    Work: one pass over the entries for each 16 columns.
    """
    product = np.zeros((matrix.shape[0], dense.shape[1]), np.float32) if out is None else out
    multiply = _times_dense.on_one_core if matrix.shape[0] == 1 else _times_dense
    multiply(as_csr(matrix), np.ascontiguousarray(dense, np.float32), product)
    return product


def as_csr(matrix: Rows) -> kernels.Csr:
    """Return the matrix as kernels take it."""
    return kernels.Csr(
        matrix.indptr.astype(np.int64, copy=False),
        matrix.indices.astype(np.int32, copy=False).view(np.uint32),
        matrix.data.astype(np.float32, copy=False),
    )


def to_arrays(matrix: Rows) -> dict[str, NDArray[np.generic]]:
    """Return what `from_arrays` needs to make the same matrix again."""
    return {"indptr": matrix.indptr, "indices": matrix.indices, "data": matrix.data}


def take_rows(rows: Rows, kept: NDArray[np.int64]) -> Rows:
    """Return some rows, in that order."""
    return sp.csr_matrix(rows[kept], dtype=np.float32)


def from_arrays(arrays: Mapping[str, NDArray[np.generic]], n_columns: int) -> Rows:
    """Return the matrix that `to_arrays` took apart."""
    indptr, indices = arrays["indptr"].astype(np.int64), arrays["indices"].astype(np.int32)
    return sp.csr_matrix((arrays["data"].astype(np.float32), indices, indptr), shape=(len(indptr) - 1, n_columns))


def saturated(matrix: Rows, mean_length: float) -> Rows:
    """Return the BM25 of each entry r: r (k + 1) / (r + k (1 - b + b n / mean_length)), n the entries of its row.

    k = 1.2, b = .75 (Robertson and Zaragoza 2009); what a column weighs comes on top.
    """
    lengths = np.repeat(np.diff(matrix.indptr), np.diff(matrix.indptr))
    bound = 1.2 * (0.25 + 0.75 * lengths / max(mean_length, 1.0))
    values = (matrix.data * 2.2 / (matrix.data + bound)).astype(np.float32)
    return sp.csr_matrix((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def row_sums(matrix: Rows) -> NDArray[np.float64]:
    """Return the sum of each row, shape (n_rows,)."""
    return _row_sums(matrix, matrix.data)


def unit_rows(matrix: Rows) -> Rows:
    """Return the rows divided by their Euclidean length; an empty row stays empty."""
    lengths = np.sqrt(_row_sums(matrix, np.square(matrix.data)))
    return scaled_rows(matrix, np.divide(1, lengths, where=lengths > 0, out=np.zeros_like(lengths)))


def scaled_rows(matrix: Rows, factors: NDArray[np.floating]) -> Rows:
    """Return each row times its factor, shape (n_rows,)."""
    values = matrix.data * np.repeat(_single(factors), np.diff(matrix.indptr))
    return sp.csr_matrix((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def scaled_columns(matrix: Rows, factors: NDArray[np.floating]) -> Rows:
    """Return each column times its factor, shape (n_columns,)."""
    values = matrix.data * _single(factors)[matrix.indices]
    return sp.csr_matrix((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def _single(factors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return factors as single floats; one over a subnormal number is beyond them, and becomes the largest."""
    return np.asarray(np.minimum(factors, np.finfo(np.float32).max), np.float32)


def _row_sums(matrix: Rows, values: NDArray[np.float32]) -> NDArray[np.float64]:
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return np.bincount(row, weights=values, minlength=matrix.shape[0]).astype(np.float64)


def _statistics(matrix: Rows, measure: Measure, asymmetry: float) -> kernels.Statistics:
    squares = _row_sums(matrix, np.square(matrix.data))
    sums = row_sums(matrix)
    if measure == "pearson":
        lengths = np.sqrt(np.maximum(squares - sums**2 / max(1, matrix.shape[1]), 0.0))
    elif measure == "cosine":
        lengths = squares**asymmetry
    else:
        lengths = squares
    return kernels.Statistics(lengths.astype(np.float32), sums.astype(np.float32))


def _blocks(rows: Rows) -> kernels.Blocks:
    """Store blocks of rows by columns."""
    parts = [sp.csc_matrix(rows[first : first + _BLOCK_ROWS]) for first in range(0, rows.shape[0], _BLOCK_ROWS)]
    starts = np.cumsum([0, *(part.nnz for part in parts)])
    indptr = [part.indptr[:-1] + start for part, start in zip(parts, starts[:-1], strict=True)]
    return kernels.Blocks(
        np.concatenate([*indptr, starts[-1:]]).astype(np.int64),
        np.concatenate([np.empty(0, np.uint16), *(part.indices.astype(np.uint16) for part in parts)]),
        np.concatenate([np.empty(0, np.float32), *(part.data for part in parts)]).astype(np.float32),
        _BLOCK_ROWS,
        *rows.shape,
    )


@parallel
def _sum_rows(
    weights: NDArray[np.float32], idx: NDArray[np.int32], rows: kernels.Csr, sums: NDArray[np.float32]
) -> None:  # pragma: no cover - compiled
    for b in prange(len(idx)):
        for place in range(idx.shape[1]):
            row, weight = idx[b, place], weights[b, place]
            if row >= 0 and weight != 0:
                for p in range(rows.indptr[row], rows.indptr[row + 1]):
                    sums[b, rows.indices[p]] += weight * rows.data[p]


@parallel
def _times_dense(
    matrix: kernels.Csr, dense: NDArray[np.float32], product: NDArray[np.float32]
) -> None:  # pragma: no cover - compiled
    in_tiles = dense.shape[1] - dense.shape[1] % TILE_COLUMNS
    for row in prange(len(matrix.indptr) - 1):
        first, last = matrix.indptr[row], matrix.indptr[row + 1]
        for column in range(0, in_tiles, TILE_COLUMNS):
            add_rows(product, row, column, matrix.data, matrix.indices, first, last, dense)
        for column in range(in_tiles, dense.shape[1]):
            for p in range(first, last):
                product[row, column] += matrix.data[p] * dense[matrix.indices[p], column]
