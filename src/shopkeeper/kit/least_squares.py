"""Weighted least squares of every row of a sparse matrix against the same dense factors: half a step of ALS.

For each row, with entries w over its columns and factors y of the columns, x minimises

    sum over all columns j of (1 + w_j) (p_j - x.y_j)^2 + reg |x|^2,    p_j = 1 where the row has an entry, else 0,

that is (G + sum_j w_j y_j y_j' + reg I) x = sum_j (1 + w_j) y_j, with G = sum over all j of y_j y_j' computed once for
all rows (Hu, Koren and Volinsky 2008). A row costs its own entries only. It is gathered once into memory that
stays in the cache, and read four factors at a time, or loading and storing the sums would cost more than adding.
"""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import n_threads, parallel, prange, summing
from shopkeeper.kit.similarity import Csr
from shopkeeper.kit.sparse import Rows, as_csr

Floats = NDArray[np.float32]

# A row of a triangle begins at a multiple of this: a few numbers too many, but whole vectors throughout.
_WHOLE = 32


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
def _gather(rows: Csr, row: int, factors: Floats, own: Floats, weights: Floats) -> int:  # pragma: no cover - compiled
    """Copy the factors and weights of one row, filled up to a multiple of four with zeros; return that number."""
    first, last = rows.indptr[row], rows.indptr[row + 1]
    for p in range(first, last):
        weights[p - first] = rows.data[p]
        # A loop: copying a slice takes five times as long.
        into, factor = own[p - first], factors[rows.indices[p]]
        for i in range(len(into)):
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
            n = _gather(rows, row, factors, gathered, slope)
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


@summing
def _add_entries(
    upper: Floats, x: Floats, own: Floats, turned: Floats, weights: Floats
) -> None:  # pragma: no cover - compiled
    """Add sum_j w_j y_j y_j' to the upper triangle and sum_j (1 + w_j) y_j to x; padding has y = 0.

    Each cell is a sum along two rows of the turned factors: it stays in a register, where adding up outer products
    would load and store the whole triangle for every four entries, at more than twice the time.
    """
    one, whole = np.float32(1), len(x) - len(x) % 4
    for p in range(0, len(own), 4):
        a, b, c, d = one + weights[p], one + weights[p + 1], one + weights[p + 2], one + weights[p + 3]
        _add_four(x, own, p, a, b, c, d)
        for i in range(len(x)):
            turned[i, p], turned[i, p + 1], turned[i, p + 2], turned[i, p + 3] = (
                own[p, i],
                own[p + 1, i],
                own[p + 2, i],
                own[p + 3, i],
            )
    for i in range(len(x)):
        weighted = weights * turned[i]
        for j in range(i // 4 * 4, whole, 4):
            a, b, c, d = _dot_four(turned, j, weighted)
            upper[i, j] += a
            upper[i, j + 1] += b
            upper[i, j + 2] += c
            upper[i, j + 3] += d
        for j in range(max(i, whole), len(x)):
            upper[i, j] += _dot(turned[j], weighted)


@parallel
def _solve(
    rows: Csr, factors: Floats, of_all: Floats, reg: Floats, solved: Floats, n_cores: int
) -> None:  # pragma: no cover - compiled
    k = factors.shape[1]
    for core in prange(n_cores):
        gathered, weights = np.empty((_longest(rows), k), np.float32), np.empty(_longest(rows), np.float32)
        turned, upper = np.empty(k * _longest(rows), np.float32), np.empty((k, k), np.float32)
        for row in range(core, len(solved), n_cores):
            n = _gather(rows, row, factors, gathered, weights)
            if n == 0:
                continue
            x = solved[row]
            upper[:] = of_all
            for i in range(k):
                upper[i, i] += reg[row]
            _add_entries(upper, x, gathered[:n], turned[: k * n].reshape(k, n), weights[:n])
            _cholesky(upper)
            _substitute(upper, x)


@summing
def _cholesky(upper: Floats) -> None:  # pragma: no cover - compiled
    """Turn the upper triangle of A into U, A = U'U; what lies below the diagonal is not read."""
    k = len(upper)
    for i in range(k):
        scale = np.float32(1) / np.sqrt(upper[i, i])
        for j in range(i, k):
            upper[i, j] *= scale
        for j in range(i + 1, k):
            first = j // _WHOLE * _WHOLE
            weight, below, above = upper[i, j], upper[j, first:], upper[i, first:]
            for m in range(len(below)):
                below[m] -= weight * above[m]


@summing
def _substitute(upper: Floats, x: Floats) -> None:  # pragma: no cover - compiled
    """Solve U'U z = x in place."""
    k = len(x)
    for i in range(k):
        x[i] /= upper[i, i]
        for j in range(i + 1, k):
            x[j] -= x[i] * upper[i, j]
    for i in range(k - 1, -1, -1):
        x[i] = (x[i] - _dot(upper[i, i + 1 :], x[i + 1 :])) / upper[i, i]
