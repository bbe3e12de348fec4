"""Multinomial logistic regression over sparse rows, by ascent in the dual: no learning rate, any number of classes."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled
from shopkeeper.kit.sparse import Rows, take_rows

Table = NDArray[np.float32]


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
    examples: Examples, n_classes: int, reg: float, rng: Generator, *, epochs: int = 50, tolerance: float = 1e-3
) -> Table:
    """Return the table W, (n_features, n_classes), which makes least: sum of w_i (-ln p_i) + reg / 2 |W|^2.

    p_i is the softmax of x_i W at the class of i. One example after the other moves its dual variables towards what W
    says now (proximal stochastic dual coordinate ascent, Shalev-Shwartz and Zhang 2014), which ends where nothing moves
    by more than `tolerance` in the mean, or after so many epochs.
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
    p, moved = np.empty(n_classes, np.float32), 0.0
    for i in order:
        p[:] = 0
        square = np.float32(0)
        for entry in range(indptr[i], indptr[i + 1]):
            value, row = values[entry], table[columns[entry]]
            square += value * value
            for k in range(n_classes):
                p[k] += value * row[k]
        top = p.max()
        for k in range(n_classes):
            p[k] = np.exp(p[k] - top)
        p /= p.sum()
        # The loss bends by at most 1/2, so this step always gains.
        step = 2 * reg / (weight[i] * square + 2 * reg)
        for k in range(n_classes):
            p[k] = (np.float32(1.0 if k == target[i] else 0.0) - p[k] - dual[i, k]) * step
            moved += abs(p[k])
            dual[i, k] += p[k]
            p[k] *= weight[i] / reg
        for entry in range(indptr[i], indptr[i + 1]):
            value, row = values[entry], table[columns[entry]]
            for k in range(n_classes):
                row[k] += value * p[k]
    return moved


def scores(rows: Rows, table: Table) -> Table:
    """Return x W of each row, (n, n_classes)."""
    return np.asarray(rows @ table, np.float32)
