"""Weighted least squares of every row of a sparse matrix against the same dense factors: half a step of ALS.

For each row, with entries w over its columns and factors y of the columns, x minimises

    sum over all columns j of (1 + w_j) (p_j - x.y_j)^2 + reg |x|^2,    p_j = 1 where the row has an entry, else 0,

that is (G + sum_j w_j y_j y_j' + reg I) x = sum_j (1 + w_j) y_j, with G = sum over all j of y_j y_j' computed once for
all rows (Hu, Koren and Volinsky 2008). A row costs its own entries only. They are gathered into memory that stays in
the cache; sums are made in tiles, or four factors at a time, or loading and storing them would cost more than adding.
"""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import n_threads, parallel, prange, summing
from shopkeeper.kit.similarity import Csr
from shopkeeper.kit.sparse import Rows, as_csr
from shopkeeper.kit.tile import TILE_COLUMNS, TILE_ROWS, add_tile

Floats = NDArray[np.float32]

# Entries of a row that are gathered at a time, a multiple of four.
_GATHERED = 128


def gram(factors: Floats) -> Floats:
    """Return the sum of the outer products of all factors, shape (k, k)."""
    return np.asarray(factors.T @ factors, np.float32)


def solve_rows(rows: Rows, factors: Floats, of_all: Floats, reg: Floats) -> Floats:
    """Return the exact x of every row, shape (n_rows, k), by Cholesky's decomposition; an empty row is 0.

    `rows`, (n_rows, n), holds w; `factors` is (n, k), `of_all` their `gram`, `reg`, (n_rows,), what each row adds to
    the diagonal, above zero.
    """
    solved = np.zeros((rows.shape[0], factors.shape[1]), np.float32)
    if len(solved) == 1:
        _solve.on_one_core(as_csr(rows), factors, of_all, reg, solved, 1)
    else:
        _solve(as_csr(rows), factors, of_all, reg, solved, n_threads())
    return solved


def improve_rows(rows: Rows, factors: Floats, of_all: Floats, reg: Floats, start: Floats, steps: int) -> None:
    """Move `start`, (n_rows, k), towards the exact x by conjugate gradient, in place (Takacs et al. 2011).

    A few steps from the previous x serve as well as the exact x, which moves again anyway, at a quarter of the work.
    """
    _improve(as_csr(rows), factors, of_all, reg, start, steps, n_threads())


@summing
def _dot(a: Floats, b: Floats) -> np.float32:  # pragma: no cover - compiled
    total = np.float32(0)
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


# Four rows of one array instead of four arrays: the compiler then has one overlap to rule out, and uses vectors.
@summing
def _add_four(
    sums: Floats, rows: Floats, p: int, a: np.float32, b: np.float32, c: np.float32, d: np.float32
) -> None:  # pragma: no cover - compiled
    """Add rows p to p + 3, each times its number."""
    for i in range(len(sums)):
        sums[i] += a * rows[p, i] + b * rows[p + 1, i] + c * rows[p + 2, i] + d * rows[p + 3, i]


@summing
def _dot_four(
    rows: Floats, p: int, x: Floats
) -> tuple[np.float32, np.float32, np.float32, np.float32]:  # pragma: no cover - compiled
    """Return the scalar products of rows p to p + 3 with x."""
    a, b, c, d = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
    for i in range(len(x)):
        a += rows[p, i] * x[i]
        b += rows[p + 1, i] * x[i]
        c += rows[p + 2, i] * x[i]
        d += rows[p + 3, i] * x[i]
    return a, b, c, d


@summing
def _residual(
    own: Floats, constant: Floats, slope: Floats, of_all: Floats, reg: np.float32, x: Floats, out: Floats
) -> None:  # pragma: no cover - compiled
    """Set `out` to sum_j constant_j y_j - (G + sum_j slope_j y_j y_j' + reg I) x; G is symmetric."""
    for i in range(len(x)):
        out[i] = -reg * x[i]
    whole = len(x) - len(x) % 4
    for i in range(0, whole, 4):
        _add_four(out, of_all, i, -x[i], -x[i + 1], -x[i + 2], -x[i + 3])
    for i in range(whole, len(x)):
        for j in range(len(x)):
            out[j] -= x[i] * of_all[i, j]
    for p in range(0, len(own), 4):
        a, b, c, d = _dot_four(own, p, x)
        of_a, of_b = constant[p] - slope[p] * a, constant[p + 1] - slope[p + 1] * b
        of_c, of_d = constant[p + 2] - slope[p + 2] * c, constant[p + 3] - slope[p + 3] * d
        _add_four(out, own, p, of_a, of_b, of_c, of_d)


@summing
def _gather(
    rows: Csr, first: int, last: int, factors: Floats, own: Floats, weights: Floats
) -> int:  # pragma: no cover - compiled
    """Copy the factors and weights of some entries, filled up to a multiple of four with zeros; return that number."""
    for p in range(first, last):
        weights[p - first] = rows.data[p]
        # A loop: copying a slice takes five times as long.
        into, factor = own[p - first], factors[rows.indices[p]]
        for i in range(len(factor)):
            into[i] = factor[i]
    padded = (last - first + 3) // 4 * 4
    own[last - first : padded] = 0
    weights[last - first : padded] = 0
    return int(padded)


@summing
def _longest(rows: Csr) -> int:  # pragma: no cover - compiled
    longest = 0
    for row in range(len(rows.indptr) - 1):
        longest = max(longest, rows.indptr[row + 1] - rows.indptr[row])
    return int(longest + 3)


@parallel
def _improve(
    rows: Csr, factors: Floats, of_all: Floats, reg: Floats, start: Floats, steps: int, n_cores: int
) -> None:  # pragma: no cover - compiled
    k = factors.shape[1]
    for core in prange(n_cores):
        gathered, slope = np.empty((_longest(rows), k), np.float32), np.empty(_longest(rows), np.float32)
        constant, nothing = np.empty_like(slope), np.zeros_like(slope)
        left, direction, change = np.empty(k, np.float32), np.empty(k, np.float32), np.empty(k, np.float32)
        for row in range(core, len(start), n_cores):
            x = start[row]
            n = _gather(rows, rows.indptr[row], rows.indptr[row + 1], factors, gathered, slope)
            if n == 0:
                x[:] = 0
                continue
            own, w = gathered[:n], slope[:n]
            for p in range(n):
                constant[p] = np.float32(1) + w[p]
            _residual(own, constant[:n], w, of_all, reg[row], x, left)
            direction[:] = left
            length = _dot(left, left)
            for _ in range(steps):
                if length < np.float32(1e-20):
                    break
                _residual(own, nothing[:n], w, of_all, reg[row], direction, change)
                stride = -length / _dot(direction, change)
                for i in range(k):
                    x[i] += stride * direction[i]
                    left[i] += stride * change[i]
                new = _dot(left, left)
                for i in range(k):
                    direction[i] = left[i] + new / length * direction[i]
                length = new


@parallel
def _solve(
    rows: Csr, factors: Floats, of_all: Floats, reg: Floats, solved: Floats, n_cores: int
) -> None:  # pragma: no cover - compiled
    k = factors.shape[1]
    # Room for whole tiles; what lies beyond the k-th row or column stays 0.
    width = (k + TILE_ROWS - 1 + TILE_COLUMNS - 1) // TILE_COLUMNS * TILE_COLUMNS
    for core in prange(n_cores):
        own, weighted = np.zeros((_GATHERED, width), np.float32), np.zeros((_GATHERED, width), np.float32)
        weights, upper = np.empty(_GATHERED, np.float32), np.zeros((width, width), np.float32)
        for row in range(core, len(solved), n_cores):
            x, first, last = solved[row], rows.indptr[row], rows.indptr[row + 1]
            if first == last:
                continue
            upper[:k, :k] = of_all
            for i in range(k):
                upper[i, i] += reg[row]
            for p in range(first, last, _GATHERED):
                n = _gather(rows, p, min(p + _GATHERED, last), factors, own, weights)
                _add_entries(upper, x, own[:n], weighted[:n], weights)
            _cholesky(upper, k)
            _substitute(upper, x)


@summing
def _add_entries(
    upper: Floats, x: Floats, own: Floats, weighted: Floats, weights: Floats
) -> None:  # pragma: no cover - compiled
    """Add sum_j w_j y_j y_j' to the upper triangle and sum_j (1 + w_j) y_j to x; padding has y = 0."""
    one = np.float32(1)
    for p in range(0, len(own), 4):
        a, b, c, d = one + weights[p], one + weights[p + 1], one + weights[p + 2], one + weights[p + 3]
        _add_four(x, own, p, a, b, c, d)
    for p in range(len(own)):
        into, factor, weight = weighted[p], own[p], weights[p]
        for i in range(len(into)):
            into[i] = weight * factor[i]
    for row in range(0, len(x), TILE_ROWS):
        for column in range(row // TILE_COLUMNS * TILE_COLUMNS, len(x), TILE_COLUMNS):
            add_tile(upper, row, column, weighted, own, column, len(own), one)


@summing
def _cholesky(upper: Floats, k: int) -> None:  # pragma: no cover - compiled
    """Turn the upper triangle of A into U, A = U'U, in place, as many rows at a time as a tile has.

    What lies below the diagonal is written here and there, and never read.
    """
    for first in range(0, k, TILE_ROWS):
        start = first // TILE_COLUMNS * TILE_COLUMNS
        for column in range(start, k, TILE_COLUMNS):
            add_tile(upper, first, column, upper, upper, column, first, np.float32(-1))
        last = min(first + TILE_ROWS, k)
        for i in range(first, last):
            scale, above = np.float32(1) / np.sqrt(upper[i, i]), upper[i, start:]
            for j in range(len(above)):
                above[j] *= scale
            for below in range(i + 1, last):
                weight, rest = upper[i, below], upper[below, start:]
                for j in range(len(rest)):
                    rest[j] -= weight * above[j]


@summing
def _substitute(upper: Floats, x: Floats) -> None:  # pragma: no cover - compiled
    """Solve U'U z = x in place."""
    k = len(x)
    for i in range(k):
        x[i] /= upper[i, i]
        for j in range(i + 1, k):
            x[j] -= x[i] * upper[i, j]
    for i in range(k - 1, -1, -1):
        x[i] = (x[i] - _dot(upper[i, i + 1 : k], x[i + 1 :])) / upper[i, i]
