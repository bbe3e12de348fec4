"""Multinomial logistic regression over sparse rows, by ascent in the dual: no learning rate, any number of classes."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled
from shopkeeper.kit.sparse import Rows, take_rows

Table = NDArray[np.float32]

_NEWTON = 3
_SHORT = 0.8
"""Of a step of Newton's: the slope falls faster than a line at first."""
_LEAST = np.float32(1e-12)
_UNLIKELY = np.float32(1e-4)


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Rows and what they are examples of."""

    rows: Rows
    """(n, n_features)"""
    target: NDArray[np.int32]
    """(n,), the class of each."""
    weight: NDArray[np.float32]
    """(n,), how many examples each counts for."""

    def take(self, kept: NDArray[np.int64]) -> "Examples":
        """Return some of them, in that order."""
        return Examples(take_rows(self.rows, kept), self.target[kept], self.weight[kept])


def fit_softmax(
    examples: Examples, n_classes: int, reg: float, rng: Generator, *, epochs: int = 50, tolerance: float = 1e-2
) -> Table:
    """Return the table W, (n_features, n_classes), which makes least: sum of w_i (-ln p_i) + reg / 2 |W|^2.

    p_i is the softmax of x_i W at the class of i. One example after the other moves its dual variables towards what W
    says now, as far as the dual rises (proximal stochastic dual coordinate ascent, Shalev-Shwartz and Zhang 2014). That
    ends where they lie no more than `tolerance` from there in the mean, or after so many epochs; six is usual.
    """
    n, n_features = examples.rows.shape
    table = np.zeros((n_features, n_classes), np.float32)
    dual = np.zeros((n, n_classes), np.float32)
    for _ in range(epochs):
        if ascend(table, dual, examples, reg, rng.permutation(n)) < tolerance:
            break
    return table


def ascend(table: Table, dual: Table, examples: Examples, reg: float, order: NDArray[np.int64]) -> float:
    """Let the examples of `order` take their step, in place; return how far they were from rest, in the mean."""
    rows = examples.rows
    columns, values = rows.indices.astype(np.int32, copy=False), rows.data.astype(np.float32, copy=False)
    indptr = rows.indptr.astype(np.int64, copy=False)
    moved = _ascend(table, dual, indptr, columns, values, examples.target, examples.weight, np.float32(reg), order)
    return moved / max(1, len(order))


@compiled
def _step(b: Table, d: Table, p: Table, bend: float) -> float | np.floating:
    """Return how far from b towards p = b + d the dual rises: where its slope, which falls, is 0.

    slope(s) = sum of d (ln p - ln (b + s d)) - s bend |d|^2. Newton's steps from the one that always rises, since the
    loss bends by at most 1/2, as long as the slope stays above 0.
    """
    square = np.float32(0)
    for k in range(len(d)):
        square += d[k] * d[k]
    step: float | np.floating = 2.0 / (bend + 2.0)
    for _ in range(_NEWTON):
        slope, bent = -step * bend * square, bend * square
        for k in range(len(d)):
            at = max(b[k] + np.float32(step) * d[k], _LEAST)
            slope += d[k] * np.log(max(p[k], _LEAST) / at)
            bent += d[k] * d[k] / at
        if slope <= 0 or bent <= 0:
            return step
        step += _SHORT * slope / bent
        if step >= 1:
            return 1.0
    return step


@compiled
def _likely(scores: Table, dual: Table, target: int, p: Table, b: Table, at: NDArray[np.int32]) -> int:
    """Write p, b and the place of each class that takes part in the step; return how many do.

    These are the ones that have part in b, and those that are not next to impossible: of a thousand, a few.
    """
    top, total, n = scores.max(), np.float32(0), 0
    for k in range(len(scores)):
        scores[k] = np.exp(scores[k] - top)
        total += scores[k]
    for k in range(len(scores)):
        told = np.float32(1.0 if k == target else 0.0) - dual[k]
        if told > 0 or scores[k] > _UNLIKELY * total:
            p[n], b[n], at[n] = scores[k], told, k
            n += 1
    p[:n] /= p[:n].sum()
    return n


@compiled
def _ascend(
    table: Table,
    dual: Table,
    indptr: NDArray[np.int64],
    columns: NDArray[np.int32],
    values: Table,
    target: NDArray[np.int32],
    weight: Table,
    reg: np.float32,
    order: NDArray[np.int64],
) -> float:
    n_classes = table.shape[1]
    p, b, d = np.empty(n_classes, np.float32), np.empty(n_classes, np.float32), np.empty(n_classes, np.float32)
    change, at = np.empty(n_classes, np.float32), np.empty(n_classes, np.int32)
    moved = 0.0
    for i in order:
        change[:] = 0
        square = np.float32(0)
        for entry in range(indptr[i], indptr[i + 1]):
            value, row = values[entry], table[columns[entry]]
            square += value * value
            for k in range(n_classes):
                change[k] += value * row[k]
        n = _likely(change, dual[i], target[i], p, b, at)
        for j in range(n):
            d[j] = p[j] - b[j]
            moved += abs(d[j])
        step = np.float32(_step(b[:n], d[:n], p[:n], weight[i] * square / reg))
        change[:] = 0
        for j in range(n):
            dual[i, at[j]] -= step * d[j]
            d[j] *= -step * weight[i] / reg
            change[at[j]] = d[j]
        for entry in range(indptr[i], indptr[i + 1]):
            value, row = values[entry], table[columns[entry]]
            if 4 * n > n_classes:
                for k in range(n_classes):
                    row[k] += value * change[k]
            else:
                for j in range(n):
                    row[at[j]] += value * d[j]
    return moved


def softmax(scores: Table) -> Table:
    """Return the probabilities that scores mean, row by row."""
    p: Table = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p
