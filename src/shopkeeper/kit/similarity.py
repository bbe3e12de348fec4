"""The kernels of `sparse.RowIndex`: add up what two rows have in common, compare, keep the best k.

The candidates are cut into blocks of rows, each stored by columns. A core takes one block after the other and, for
each, every n-th query: the block's entries stay in the cache while all queries pass over them, and the accumulator of
one block is small enough for the fastest caches. Only candidates that share a column with a query cost anything.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import Parallel, compiled, parallel, prange, prefetch
from shopkeeper.kit.topk import in_order, offer

DOT, COSINE, EUCLIDEAN, PEARSON, PEARSON_SHARED = range(5)

# A query's rarer columns are short and lie anywhere: waiting for each one's first entries cost a tenth of the time.
_AHEAD = 6

Floats = NDArray[np.float32]
Counts = NDArray[np.uint16] | NDArray[np.uint32]


class Csr(NamedTuple):
    """A sparse matrix by rows; unsigned indices, so that the compiler need not ask whether one is negative."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    data: Floats


class Blocks(NamedTuple):
    """A sparse matrix (N, M) in blocks of at most `width` rows; column c of block b begins at indptr[b * M + c]."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.uint16]
    """Row within the block."""
    data: Floats
    width: int
    n_rows: int
    n_columns: int


class Statistics(NamedTuple):
    """What a comparison needs of each row besides products: its length in the measure's sense, and its sum."""

    length: Floats
    sum: Floats


class Rule(NamedTuple):
    """How products become similarities."""

    measure: int
    shrink: np.float32
    significance: np.float32
    overlap_required: bool


class Found(NamedTuple):
    """Where the answer goes: the best of each query, shape (B, k), and the row that each query must not find, (B,)."""

    idx: NDArray[np.int32]
    best: Floats
    own: NDArray[np.int32]


Kernel = Parallel[[Csr, Blocks, Statistics, Statistics, Rule, Found, int], None]


@parallel
def by_products(
    queries: Csr, blocks: Blocks, of_queries: Statistics, of_rows: Statistics, rule: Rule, found: Found, n_cores: int
) -> None:  # pragma: no cover - compiled
    """Accumulate products of entries; shared columns are counted only where significance asks for them."""
    counted = rule.significance > 0
    for core in prange(n_cores):
        dots_of_block = np.empty(blocks.width, np.float32)
        counts = np.empty(blocks.width if counted else 0, np.uint32)
        for first in range(0, blocks.n_rows, blocks.width):
            last = min(first + blocks.width, blocks.n_rows)
            dots = dots_of_block[: last - first]
            lengths, sums = of_rows.length[first:last], of_rows.sum[first:last]
            base = first // blocks.width * blocks.n_columns
            for q in range(core, len(found.own), n_cores):
                dots[:] = 0
                counts[:] = 0
                for p in range(queries.indptr[q], queries.indptr[q + 1]):
                    if p + _AHEAD < queries.indptr[q + 1]:
                        soon = blocks.indptr[base + queries.indices[p + _AHEAD]]
                        prefetch(blocks.indices, soon)
                        prefetch(blocks.data, soon)
                    column = base + queries.indices[p]
                    start, end = blocks.indptr[column], blocks.indptr[column + 1]
                    add_scaled(dots, blocks.indices[start:end], blocks.data[start:end], queries.data[p])
                    if counted:
                        _count(counts, blocks.indices[start:end])
                mean = of_queries.sum[q] / np.float32(blocks.n_columns)
                _compare(dots, counts, of_queries.length[q], mean, lengths, sums, rule)
                _offer(dots, first, found, q)
        _sort(found, core, n_cores)


@parallel
def by_counting(
    queries: Csr, blocks: Blocks, of_queries: Statistics, of_rows: Statistics, rule: Rule, found: Found, n_cores: int
) -> None:  # pragma: no cover - compiled
    """Accumulate where all entries are 1 and no query has 2**16 of them: a product is a count, in two bytes."""
    for core in prange(n_cores):
        counts = np.empty(blocks.width, np.uint16)
        dots_of_block = np.empty(blocks.width, np.float32)
        for first in range(0, blocks.n_rows, blocks.width):
            last = min(first + blocks.width, blocks.n_rows)
            dots = dots_of_block[: last - first]
            lengths, sums = of_rows.length[first:last], of_rows.sum[first:last]
            base = first // blocks.width * blocks.n_columns
            for q in range(core, len(found.own), n_cores):
                counts[:] = 0
                for p in range(queries.indptr[q], queries.indptr[q + 1]):
                    if p + _AHEAD < queries.indptr[q + 1]:
                        prefetch(blocks.indices, blocks.indptr[base + queries.indices[p + _AHEAD]])
                    column = base + queries.indices[p]
                    _count(counts, blocks.indices[blocks.indptr[column] : blocks.indptr[column + 1]])
                for r in range(len(dots)):
                    dots[r] = counts[r]
                mean = of_queries.sum[q] / np.float32(blocks.n_columns)
                _compare(dots, counts, of_queries.length[q], mean, lengths, sums, rule)
                _offer(dots, first, found, q)
        _sort(found, core, n_cores)


@parallel
def by_shared(
    queries: Csr, blocks: Blocks, _of_queries: Statistics, _of_rows: Statistics, rule: Rule, found: Found, n_cores: int
) -> None:  # pragma: no cover - compiled
    """Correlate over shared columns only: count, sums, sums of squares and of products of the shared entries."""
    for core in prange(n_cores):
        sums = np.empty((blocks.width, 6), np.float64)
        similarity = np.empty(blocks.width, np.float32)
        for first in range(0, blocks.n_rows, blocks.width):
            n_rows = min(blocks.width, blocks.n_rows - first)
            base = first // blocks.width * blocks.n_columns
            for q in range(core, len(found.own), n_cores):
                sums[:] = 0
                for p in range(queries.indptr[q], queries.indptr[q + 1]):
                    column, x = base + queries.indices[p], np.float64(queries.data[p])
                    for e in range(blocks.indptr[column], blocks.indptr[column + 1]):
                        row, y = sums[blocks.indices[e]], np.float64(blocks.data[e])
                        row[0] += 1
                        row[1] += x
                        row[2] += y
                        row[3] += x * x
                        row[4] += y * y
                        row[5] += x * y
                for r in range(n_rows):
                    similarity[r] = _correlation(sums[r], rule)
                _offer(similarity[:n_rows], first, found, q)
        _sort(found, core, n_cores)


@compiled
def add_scaled(
    sums: Floats, indices: NDArray[np.uint16] | NDArray[np.uint32], data: Floats, weight: np.float32
) -> None:  # pragma: no cover - compiled
    """Add to the sums of different indices the weight times the data."""
    # The indices of one column differ, which the compiler cannot know: four loads before four stores is a third faster.
    end = len(indices) - len(indices) % 4
    for e in range(0, end, 4):
        i, j, k, m = indices[e], indices[e + 1], indices[e + 2], indices[e + 3]
        a = sums[i] + weight * data[e]
        b = sums[j] + weight * data[e + 1]
        c = sums[k] + weight * data[e + 2]
        d = sums[m] + weight * data[e + 3]
        sums[i], sums[j], sums[k], sums[m] = a, b, c, d
    for e in range(end, len(indices)):
        sums[indices[e]] += weight * data[e]


@compiled
def _count(counts: Counts, indices: NDArray[np.uint16]) -> None:  # pragma: no cover - compiled
    for e in range(len(indices)):
        counts[indices[e]] += 1


@compiled
def _compare(
    dots: Floats, counts: Counts, length: np.float32, mean: np.float32, lengths: Floats, sums: Floats, rule: Rule
) -> None:  # pragma: no cover - compiled
    """Turn the products of one query into similarities, in place; -inf where an overlap is required and missing."""
    zero, one, two = np.float32(0), np.float32(1), np.float32(2)
    shrink, significance, overlap_required = rule.shrink, rule.significance, rule.overlap_required
    nothing = np.float32(-np.inf if overlap_required else 0.0)
    if rule.measure == DOT:
        for r in range(len(dots)):
            dots[r] = dots[r] if dots[r] != zero else nothing
    elif rule.measure == COSINE:
        for r in range(len(dots)):
            bottom = length * lengths[r] + shrink
            ratio = dots[r] / bottom if bottom > zero else zero  # of entries whose squares are below the smallest float
            dots[r] = ratio if dots[r] != zero else nothing
    elif rule.measure == EUCLIDEAN:
        for r in range(len(dots)):
            near = one / (one + np.sqrt(max(length + lengths[r] - two * dots[r], zero)))
            dots[r] = near if dots[r] != zero or not overlap_required else nothing
    else:
        for r in range(len(dots)):
            bottom = length * lengths[r] + shrink
            value = (dots[r] - mean * sums[r]) / bottom if bottom > zero else zero
            dots[r] = value if dots[r] != zero or not overlap_required else nothing
    if significance > zero:
        for r in range(len(dots)):
            count = np.float32(counts[r])
            trusted = dots[r] * (count / (count + significance))
            dots[r] = trusted if count > zero else nothing


@compiled
def _correlation(sums: NDArray[np.float64], rule: Rule) -> float:  # pragma: no cover - compiled
    """Return the correlation of the shared entries; 0 where one side does not vary beyond rounding."""
    count, x, y, xx, yy, xy = sums
    if count == 0:
        return -np.inf if rule.overlap_required else 0.0
    spread = np.sqrt(max(xx - x * x / count, 0.0) * max(yy - y * y / count, 0.0))
    if spread <= 1e-9 * np.sqrt(xx * yy):
        return 0.0
    return float((xy - x * y / count) / (spread + rule.shrink) * (count / (count + rule.significance)))


@compiled
def _offer(similarity: Floats, first: int, found: Found, q: int) -> None:  # pragma: no cover - compiled
    own = found.own[q] - first
    if 0 <= own < len(similarity):
        similarity[own] = -np.inf
    offer(similarity, first, found.idx[q], found.best[q])


@compiled
def _sort(found: Found, core: int, n_cores: int) -> None:  # pragma: no cover - compiled
    for q in range(core, len(found.own), n_cores):
        in_order(found.idx[q], found.best[q])


@parallel
def count_shared(
    queries: Csr, rows: Csr, n_columns: int, idx: NDArray[np.int32], shared: NDArray[np.int32], n_cores: int
) -> None:  # pragma: no cover - compiled
    """Count the columns that each query shares with each of its rows."""
    for core in prange(n_cores):
        held = np.zeros(n_columns, np.bool_)
        for q in range(core, len(shared), n_cores):
            mine = queries.indices[queries.indptr[q] : queries.indptr[q + 1]]
            for column in mine:
                held[column] = True
            for place in range(shared.shape[1]):
                row, count = idx[q, place], np.int32(0)
                if row >= 0:
                    for p in range(rows.indptr[row], rows.indptr[row + 1]):
                        count += np.int32(held[rows.indices[p]])
                shared[q, place] = count
            for column in mine:
                held[column] = False
