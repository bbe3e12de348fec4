"""Truncated singular value decomposition of a large sparse matrix, seeded."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.dense import narrow_gram, tall_times, turned_times
from shopkeeper.kit.sparse import times_dense

Array = NDArray[np.float32]

_OVERSAMPLE = 10

# Columns of a block, the least number of blocks, and of columns in all for each vector wanted. With these the vectors
# hold .9999 and more of the energy that exact ones do, also where no gap follows the k-th value.
_WIDTH, _LEAST_DEPTH, _BASIS = 32, 6, 4


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
    on_progress: Callable[[float], None],
) -> SVD:
    """Decompose `matrix` (m, n), given with its transpose (n, m), both by rows.

    Randomized block Krylov iteration (Musco and Musco 2015): the basis of G, (A'A)G, ..., (A'A)^depth G, with G
    Gaussian, holds the leading right singular vectors far more precisely than (A'A)^depth G alone; and of bases of the
    same size, that of a narrow G and a high power does. k is cut to min(m, n); a small matrix is decomposed densely.
    Signs: the largest part of a right vector is positive.
    """
    k = min(k, *matrix.shape)
    width = min(_WIDTH, k + _OVERSAMPLE)
    depth = max(_LEAST_DEPTH, -(-_BASIS * k // width) - 1)
    if min(matrix.shape) <= width * (depth + 1):
        left, values, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
        return _signed(left[:, :k], values[:k], right[:k].T)
    basis, images = (np.empty((size, width * (depth + 1)), np.float32) for size in matrix.shape[::-1])
    block = rng.standard_normal((matrix.shape[1], width)).astype(np.float32)
    for step in range(depth + 1):
        done, own = basis[:, : step * width], slice(step * width, (step + 1) * width)
        basis[:, own] = block = _orthonormal(block, done)
        images[:, own] = image = times_dense(matrix, block)
        if step < depth:
            block = times_dense(transposed, image)
        on_progress((step + 1) / (depth + 2))
    # Eigenvectors of a small matrix in double precision: Householder's QR of the tall one took nearly all the time.
    inner = np.linalg.eigh(turned_times(images, images))[1][:, ::-1][:, :k]
    right = tall_times(basis, inner)
    left = times_dense(matrix, right)
    values = np.linalg.norm(left, axis=0)
    return _signed(left / np.maximum(values, np.finfo(np.float32).tiny), values, right)


def _orthonormal(block: Array, basis: Array) -> Array:
    """Return an orthonormal basis of what `block` adds to `basis`; twice is enough (Kahan)."""
    for _ in range(2):
        block = block - tall_times(basis, turned_times(basis, block))
        values, vectors = np.linalg.eigh(narrow_gram(block))
        least = max(values[-1], np.finfo(np.float32).tiny) * float(np.finfo(np.float32).eps) ** 2
        block = tall_times(block, vectors / np.sqrt(np.maximum(values, least)))
    return block


def _signed(left: Array, values: Array, right: Array) -> SVD:
    if right.size:
        signs = np.sign(right[np.abs(right).argmax(axis=0), np.arange(right.shape[1])])
        left, right = left * signs, right * signs
    return SVD(np.ascontiguousarray(left), values, np.ascontiguousarray(right))
