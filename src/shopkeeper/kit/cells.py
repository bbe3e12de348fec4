"""Many events of a few cells each: what a row holds of each column, added up."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import n_threads, parallel, prange


class Cells(NamedTuple):
    """The cells of B rows, columns ascending: row b has those from indptr[b] to indptr[b + 1]."""

    indptr: NDArray[np.int64]
    """(B + 1,)"""
    column: NDArray[np.int32]
    total: NDArray[np.float32]
    """The weights of the cell's events, added in their order."""
    last: NDArray[np.int64]
    """The place of its last event."""


def cells_of(indptr: NDArray[np.int64], column: NDArray[np.int32], weight: NDArray[np.float32]) -> Cells:
    """Return the cells of rows whose events are indptr[b]:indptr[b + 1]; an event that weighs nothing leaves none."""
    n_rows, n = len(indptr) - 1, len(column)
    found = Cells(np.zeros(n_rows + 1, np.int64), np.empty(n, np.int32), np.empty(n, np.float32), np.empty(n, np.int64))
    if n_rows == 1:
        _fill.on_one_core(indptr, column, weight, *found, 1)
    else:
        _fill(indptr, column, weight, *found, n_threads())
    counts, ends = found.indptr[1:].copy(), np.cumsum(found.indptr)
    if ends[-1] == n:
        return found._replace(indptr=ends)
    used = np.arange(n) < np.repeat(indptr[:-1] + counts, np.diff(indptr))
    return Cells(ends, found.column[used], found.total[used], found.last[used])


@parallel
def _fill(
    starts: NDArray[np.int64],
    column: NDArray[np.int32],
    weight: NDArray[np.float32],
    counts: NDArray[np.int64],
    columns: NDArray[np.int32],
    totals: NDArray[np.float32],
    lasts: NDArray[np.int64],
    n_cores: int,
) -> None:  # pragma: no cover - compiled
    """Write the cells of row b from starts[b] on, and their number to counts[b + 1]."""
    for core in prange(n_cores):
        for row in range(core, len(starts) - 1, n_cores):
            first = starts[row]
            packed = np.empty(starts[row + 1] - first, np.int64)
            n = 0
            for event in range(first, starts[row + 1]):
                if weight[event] > 0:
                    packed[n] = (np.int64(column[event]) << 32) | (event - first)
                    n += 1
            packed = packed[:n]
            packed.sort()
            cell = first - 1
            for entry in packed:
                item, event = np.int32(entry >> 32), first + (entry & 0xFFFFFFFF)
                if cell < first or columns[cell] != item:
                    cell += 1
                    columns[cell] = item
                    totals[cell] = 0
                totals[cell] += weight[event]
                lasts[cell] = event
            counts[row + 1] = cell + 1 - first
