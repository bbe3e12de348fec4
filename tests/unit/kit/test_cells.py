"""Events of rows become cells."""

import numpy as np
import pytest

from shopkeeper.kit.cells import cells_of


@pytest.mark.parametrize("n_rows", [1, 50])
def test_adds_up_the_events_of_each_cell(n_rows: int) -> None:
    """As a dictionary would, with the last event of each; what weighs nothing leaves no cell, and rows may be empty."""
    rng = np.random.default_rng(n_rows)
    lengths = rng.integers(0, 40, n_rows)
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    column = rng.integers(0, 12, indptr[-1]).astype(np.int32)
    weight = rng.choice([0, 0.5, 1, 2], indptr[-1]).astype(np.float32)
    found = cells_of(indptr, column, weight)
    for row in range(n_rows):
        expected: dict[int, tuple[float, int]] = {}
        for event in range(indptr[row], indptr[row + 1]):
            if weight[event] > 0:
                before = expected.get(int(column[event]), (0.0, 0))[0]
                expected[int(column[event])] = (before + float(weight[event]), event)
        cells = slice(found.indptr[row], found.indptr[row + 1])
        told = zip(found.column[cells].tolist(), found.total[cells].tolist(), found.last[cells].tolist(), strict=True)
        assert [(item, (total, last)) for item, total, last in told] == sorted(expected.items())
    assert len(found.column) == found.indptr[-1]


def test_no_events_and_no_rows() -> None:
    """Are no cells."""
    nothing, none = np.zeros(0, np.int32), np.zeros(0, np.float32)
    assert len(cells_of(np.zeros(4, np.int64), nothing, none).column) == 0
    assert cells_of(np.zeros(1, np.int64), nothing, none).indptr.tolist() == [0]
