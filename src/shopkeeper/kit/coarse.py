"""The best rows for one vector, by a copy of a quarter of the size: exact, what it cannot rule out is read again.

For a single request a core reads every row once, and that is what it waits for. A row x is kept as s c, c whole
numbers of eight bits, with the length of what is lost by that, e = |x - s c|. By Cauchy and Schwarz |v.x - s v.c| is at
most |v| e; with the k-th best of the lower bounds in hand, most rows cannot be among the best (as Andre et al. 2015 do
for neighbours). Of 100,000 rows of 64 numbers, some three hundred are read again for a list of two hundred.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.best import best_of_vector
from shopkeeper.kit.compiled import compiled
from shopkeeper.kit.tile import CODE_COLUMNS, code_sums
from shopkeeper.kit.topk import TopK

Floats = NDArray[np.float32]

_LARGEST = 127
_WORTH_IT = 8192
"""Rows below which one pass over them is as quick."""
_USUAL = 1e15
"""Lengths below this cannot overflow on the way."""


class _Copy(NamedTuple):
    codes: NDArray[np.int8]
    """(n_tiles, d, CODE_COLUMNS): the rows of each tile side by side."""
    scale: Floats
    """(n,), s of each row."""
    lost: Floats
    """(n,), at least |x - s c| and what single floats round; inf: nothing is known, the row is always read again."""


class CoarseRows:
    """Rows, (n, d), of which the best for a vector are asked for again and again."""

    def __init__(self, rows: Floats) -> None:
        """Take the rows, and copy them: a third of a second for each 100,000 of 64 numbers."""
        self.rows = rows
        self._copy = _copied(rows) if len(rows) >= _WORTH_IT else None

    def best_of(self, vector: Floats, k: int, never: NDArray[np.bool_]) -> TopK:
        """Return the k largest of vector (d,) times each row where `never`, (n,), does not hold, both (k,).

        The same numbers as `best_of_vector` gives, ties to the lower index; a vector of NaN finds nothing.
        """
        length = np.linalg.norm(vector)
        if self._copy is None or not 0 < k <= len(self._copy.codes) or not length < _USUAL:
            return best_of_vector(vector, self.rows, k, never)
        upper = np.empty(len(self._copy.codes) * CODE_COLUMNS, np.float32)
        lower = np.empty(len(self._copy.codes), np.float32)
        # Not quite zero, so that times inf it is inf.
        length += np.finfo(np.float32).tiny
        _bounds(np.ascontiguousarray(vector, np.float32), np.float32(length), self._copy, never, upper, lower)
        # The best lower bound of each tile is that of another row: k of them, so k rows, are at least as good.
        least = max(np.partition(lower, -k)[-k], np.finfo(np.float32).min)
        left = np.flatnonzero(upper[: len(never)] >= least)
        best = best_of_vector(vector, self.rows[left], k, np.zeros(len(left), np.bool_))
        known = best.idx >= 0
        idx = np.full(k, -1, np.int32)
        idx[known] = left[best.idx[known]]
        return TopK(idx, best.value)


def _copied(rows: Floats) -> _Copy:
    n, d = rows.shape
    lengths = np.linalg.norm(rows, axis=1)
    usual = lengths < _USUAL
    rows = np.where(usual[:, None], rows, 0)
    scale = np.abs(rows).max(axis=1, initial=0) / np.float32(_LARGEST)
    codes = np.rint(np.divide(rows, scale[:, None], out=np.zeros_like(rows), where=scale[:, None] > 0))
    # A sum of d products, in any order, is off by d rounding errors of the sum of their sizes at most.
    lost = np.linalg.norm(rows - scale[:, None] * codes, axis=1) + 2 * (d + 2) * np.finfo(np.float32).eps * lengths
    tiles = np.zeros((-(-n // CODE_COLUMNS) * CODE_COLUMNS, d), np.int8)
    tiles[:n] = np.clip(codes, -_LARGEST, _LARGEST)
    turned = np.ascontiguousarray(tiles.reshape(-1, CODE_COLUMNS, d).transpose(0, 2, 1))
    return _Copy(turned, scale, np.where(usual, lost, np.inf).astype(np.float32))


@compiled
def _bounds(
    vector: Floats, length: np.float32, copy: _Copy, never: NDArray[np.bool_], upper: Floats, lower: Floats
) -> None:  # pragma: no cover - compiled
    """Set `upper`, (n_tiles * CODE_COLUMNS,), to a bound of each row, `lower`, (n_tiles,), to the best of each tile."""
    nothing = np.float32(-np.inf)
    for tile in range(len(lower)):
        first = tile * CODE_COLUMNS
        code_sums(upper, first, vector, copy.codes[tile])
        best = nothing
        for i in range(first, min(first + CODE_COLUMNS, len(never))):
            about, doubt = copy.scale[i] * upper[i], length * copy.lost[i]
            upper[i] = nothing if never[i] else about + doubt
            best = max(best, nothing if never[i] else about - doubt)
        lower[tile] = best
