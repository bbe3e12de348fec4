"""Truncated singular value decomposition of a large sparse matrix, seeded."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.dense import LENGTH, add_combinations, products_with, whole
from shopkeeper.kit.sparse import times_dense
from shopkeeper.kit.tile import TILE_COLUMNS, TILE_ROWS

Array = NDArray[np.float32]

# Columns of a block: of bases of the same size, that of a narrow block and a high power holds the vectors best.
_WIDTH = TILE_COLUMNS

# Blocks after which it is asked how much energy was gained, and the share of it that may be left to gain.
_BETWEEN, _TOLERANCE = 2, 1e-4


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
    Gaussian, holds the leading right singular vectors far more precisely than (A'A)^depth G alone. It grows until the
    energy that is left to gain, were gains to go on falling as they do, is below `_TOLERANCE`. k is cut to min(m, n); a
    small matrix is decomposed densely. Signs: the largest part of a right vector is positive.
    """
    k = min(k, *matrix.shape)
    if min(matrix.shape) <= 2 * k + 4 * _WIDTH:
        left, values, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
        return _signed(left[:, :k], values[:k], right[:k].T)
    n, most = matrix.shape[1], min(6 * k + 8 * _WIDTH, *matrix.shape)
    # Vectors are rows here, so that memory is taken as they come; and long, so that all pieces of them are whole.
    basis = np.empty((most + TILE_ROWS, whole(n, LENGTH)), np.float32)
    inner, energies = np.zeros((most, most)), list[float]()
    block = _padded(rng.standard_normal((n, _WIDTH)).astype(np.float32))
    for p in range(_WIDTH, most + 1, _WIDTH):
        done, new = basis[: p - _WIDTH], basis[p - _WIDTH : p]
        block = _normalized(block, new)
        block = _normalized(add_combinations(block, done, -products_with(done, block)), new, least=0.1)
        new[:] = block.T
        block = times_dense(transposed, times_dense(matrix, block), out=np.zeros_like(block))
        # A'A in the basis: with the vectors of the last block known, so are its last rows and columns.
        shares = products_with(basis[:p], block)
        inner[:p, p - _WIDTH : p], inner[p - _WIDTH : p, :p] = shares, shares.T
        on_progress(min(0.9, p / (4 * k + _WIDTH)))
        if p >= 2 * k and p % (_BETWEEN * _WIDTH) == 0:
            energies.append(float(np.linalg.eigvalsh(inner[:p, :p])[-k:].sum()))
            if _left_to_gain(energies) <= _TOLERANCE * energies[-1]:
                break
        add_combinations(block, basis[:p], -shares)
    weights = np.zeros((p, whole(k, TILE_COLUMNS)), np.float32)
    weights[:, :k] = np.linalg.eigh(inner[:p, :p])[1][:, ::-1][:, :k]
    right = add_combinations(np.zeros((basis.shape[1], weights.shape[1]), np.float32), basis[:p], weights)[:n, :k]
    left = times_dense(matrix, right)
    values = np.linalg.norm(left, axis=0)
    return _signed(left / np.maximum(values, np.finfo(np.float32).tiny), values, right)


def _padded(block: Array) -> Array:
    padded = np.zeros((whole(len(block), LENGTH), block.shape[1]), np.float32)
    padded[: len(block)] = block
    return padded


def _normalized(block: Array, room: Array, least: float = 1e-30) -> Array:
    """Return an orthonormal basis of the columns of `block`, but for rounding: a second time mends that.

    A direction of a squared length below `least` is rounding itself, and stays short.
    """
    room[:] = block.T
    # Eigenvectors of a small matrix: Householder's QR of the tall one took nearly all the time.
    values, vectors = np.linalg.eigh(products_with(room, block))
    weights = vectors / np.sqrt(np.maximum(values, max(least, 1e-9 * values[-1])))
    return add_combinations(np.zeros_like(block), room, weights)


def _left_to_gain(energies: list[float]) -> float:
    """Return what a row of gains that falls geometrically still has to come; infinity where it does not fall."""
    if len(energies) < 3:
        return np.inf
    before, last = np.diff(energies[-3:])
    if last < 1e-6 * energies[-1]:
        return max(0.0, float(last))
    return float(last**2 / (before - last)) if last < before else np.inf


def _signed(left: Array, values: Array, right: Array) -> SVD:
    if right.size:
        signs = np.sign(right[np.abs(right).argmax(axis=0), np.arange(right.shape[1])])
        left, right = left * signs, right * signs
    return SVD(np.ascontiguousarray(left), values, np.ascontiguousarray(right))
