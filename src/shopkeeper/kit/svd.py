"""Truncated singular value decomposition of a large sparse matrix, seeded."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.sparse import times_dense

Array = NDArray[np.float32]

_OVERSAMPLE = 10


class SVD(NamedTuple):
    """The k largest singular values, falling, and their vectors: left @ diag(values) @ right.T is the best fit."""

    left: Array
    """(m, k)"""
    values: Array
    """(k,)"""
    right: Array
    """(n, k)"""


def truncated_svd(
    matrix: "sp.csr_matrix[np.float32]",
    transposed: "sp.csr_matrix[np.float32]",
    k: int,
    rng: Generator,
    *,
    depth: int = 4,
    on_progress: Callable[[float], None],
) -> SVD:
    """Decompose `matrix` (m, n), given with its transpose (n, m), both by rows.

    Randomized block Krylov iteration (Musco and Musco 2015): the basis of G, (A'A)G, ..., (A'A)^depth G, with G
    Gaussian of k + 10 columns, holds the leading right singular vectors far more precisely than (A'A)^depth G alone.
    k is cut to min(m, n); a small matrix is decomposed densely. Signs: the largest part of a right vector is positive.
    """
    k = min(k, *matrix.shape)
    if min(matrix.shape) <= (k + _OVERSAMPLE) * (depth + 1):
        left, values, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
        return _signed(left[:, :k], values[:k], right[:k].T)
    block = rng.standard_normal((matrix.shape[1], k + _OVERSAMPLE)).astype(np.float32)
    basis = np.linalg.qr(block)[0]
    block = basis
    for step in range(depth):
        block = _orthonormal(times_dense(transposed, times_dense(matrix, block)), basis)
        basis = np.hstack([basis, block])
        on_progress((step + 1) / (depth + 2))
    triangle = np.linalg.qr(times_dense(matrix, basis), mode="r")
    inner = np.linalg.svd(triangle)[2][:k].T
    right = np.ascontiguousarray(basis @ inner)
    left = times_dense(matrix, right)
    values = np.linalg.norm(left, axis=0)
    return _signed(left / np.maximum(values, np.finfo(np.float32).tiny), values, right)


def _orthonormal(block: Array, basis: Array) -> Array:
    """Return an orthonormal basis of what `block` adds to `basis`; twice is enough (Kahan)."""
    for _ in range(2):
        block = np.linalg.qr(block - basis @ (basis.T @ block))[0]
    return block


def _signed(left: Array, values: Array, right: Array) -> SVD:
    places = np.abs(right).argmax(axis=0)
    signs = np.sign(right[places, np.arange(right.shape[1])]) if len(right) else np.ones(right.shape[1], np.float32)
    return SVD(np.ascontiguousarray(left * signs), values, np.ascontiguousarray(right * signs))
