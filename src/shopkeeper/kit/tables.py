"""Sparse tables, made by keeping the best of each row and read by multiplying rows with them; all on all cores."""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from shopkeeper.kit.best import best_of_sparse
from shopkeeper.kit.compiled import parallel, prange
from shopkeeper.kit.similarity import Csr, add_scaled
from shopkeeper.kit.sparse import Rows, as_csr
from shopkeeper.kit.topk import top_k

_DENSE_ROWS = 1024


def from_best(idx: NDArray[np.int32], value: NDArray[np.float32], n_columns: int) -> Rows:
    """Return the sparse matrix of what was kept of each row, (B, k); idx -1 is no entry."""
    kept = idx >= 0
    indptr = np.concatenate(([0], np.cumsum(kept.sum(axis=1)))).astype(np.int64)
    return sp.csr_matrix((value[kept], idx[kept], indptr), shape=(len(idx), n_columns))


def largest(dense: NDArray[np.float32], k: int) -> Rows:
    """Return the k entries of each row that are furthest from zero, as a sparse matrix."""
    parts = [_largest(dense[first : first + _DENSE_ROWS], k) for first in range(0, len(dense), _DENSE_ROWS)]
    return sp.csr_matrix(sp.vstack(parts)) if parts else sp.csr_matrix(dense)


def best_of_product(left: Rows, right: Rows, k: int) -> Rows:
    """Return the k largest entries above zero of each row of left (m, n) times right (n, p), ties to the lower column.

    The product itself is never held.
    """
    found = best_of_sparse(left, right, min(k, right.shape[1]))
    return from_best(np.where(found.value > 0, found.idx, -1), found.value, right.shape[1])


def times_sparse(rows: Rows, table: Rows) -> NDArray[np.float32]:
    """Return rows (m, n) times table (n, k), dense: what is worth making where the product has few zeros."""
    product = np.zeros((rows.shape[0], table.shape[1]), np.float32)
    multiply = _times_sparse.on_one_core if len(product) == 1 else _times_sparse
    multiply(as_csr(rows), as_csr(table), product)
    return product


def strongest(rows: Rows, table: Rows, columns: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return which entry of each row adds most to columns of the row times the table, both (B, n); -1 for none."""
    found = [_strongest(rows[b], table, of_row) for b, of_row in enumerate(columns)]
    return np.array(found, np.int32).reshape(columns.shape)


def _largest(dense: NDArray[np.float32], k: int) -> Rows:
    sizes = np.abs(dense)
    sizes[sizes == 0] = -np.inf
    idx = top_k(sizes, min(k, dense.shape[1])).idx
    return from_best(idx, np.take_along_axis(dense, idx, axis=1), dense.shape[1])


def _strongest(row: Rows, table: Rows, columns: NDArray[np.int32]) -> NDArray[np.int32]:
    if not row.nnz:
        return np.full(len(columns), -1, np.int32)
    shares = table[row.indices][:, columns].toarray() * row.data[:, None]
    return np.where(shares.max(axis=0) > 0, row.indices[shares.argmax(axis=0)], -1).astype(np.int32)


@parallel
def _times_sparse(rows: Csr, table: Csr, product: NDArray[np.float32]) -> None:  # pragma: no cover - compiled
    for b in prange(len(product)):
        for p in range(rows.indptr[b], rows.indptr[b + 1]):
            row = rows.indices[p]
            start, end = table.indptr[row], table.indptr[row + 1]
            add_scaled(product[b], table.indices[start:end], table.data[start:end], rows.data[p])
