"""What is told of people, and what can be found out from it."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from shopkeeper.kit import rounding


@pytest.mark.parametrize(
    ("n", "told"), [(0, None), (9, None), (10, 10), (14, 10), (15, 20), (24, 20), (25, 30), (1_004, 1_000)]
)
def test_people_are_told_in_tens(n: int, told: int | None) -> None:
    assert rounding.people(n) == told


def test_sums_are_averages_of_the_people_that_are_told() -> None:
    assert [rounding.total(31_234, n) for n in (9, 10, 13, 15)] == [None, 31_000, 24_000, 42_000]
    assert rounding.total(-500, 20) == -500


def test_shares_are_of_told_figures() -> None:
    assert [rounding.share(part, 30) for part in (10, None)] == [0.3333, None]
    assert rounding.share(10, None) is None


def test_two_digits() -> None:
    assert [rounding.two_digits(value) for value in (0.0, 1_234.0, 0.01249, -98.7)] == [0.0, 1_200.0, 0.012, -99.0]


def test_two_figures_that_differ_by_a_hidden_cell_tell_next_to_nothing_of_it() -> None:
    fitting: dict[int, set[int]] = {}
    for others in range(10, 200):
        for hidden in range(10):
            both, rest = rounding.people(others + hidden), rounding.people(others)
            fitting.setdefault((both or 0) - (rest or 0), set()).add(hidden)
    assert fitting == {0: set(range(10)), 10: set(range(1, 10))}


def possible(cells: np.ndarray[tuple[int], np.dtype[np.int64]], sums: list[list[int]], target: int) -> tuple[int, int]:
    """Return the least and the most people that a cell can have, for who knows what is told of all these sums."""
    rows = np.zeros((len(sums), len(cells)))
    low, high = np.zeros(len(sums)), np.full(len(sums), rounding.BASE - 1.0)
    for place, of in enumerate(sums):
        rows[place, of] = 1
        if told := rounding.people(int(cells[of].sum())):
            low[place], high[place] = max(told - 5, rounding.BASE), told + 4
    ends = []
    for sign in (1, -1):
        wish = np.zeros(len(cells))
        wish[target] = sign
        known = LinearConstraint(rows, low, high)
        answer = milp(wish, constraints=known, integrality=[1] * len(cells), bounds=Bounds(0, np.inf))
        assert answer.x is not None
        ends.append(round(answer.x[target]))
    return ends[0], ends[1]


def ranges(n: int) -> list[list[int]]:
    """Return all sums of neighbours: those along time, and any tree of ways that divide."""
    return [list(range(first, end)) for first, end in combinations(range(n + 1), 2)]


def margins(rows: int, columns: int) -> list[list[int]]:
    """Return what is told of a table: its cells, both its margins and its total, as of scenarios and versions."""
    cells = [[row * columns + column for column in range(columns)] for row in range(rows)]
    alone = [[cell] for row in cells for cell in row]
    across = [[row[column] for row in cells] for column in range(columns)]
    return [*alone, *cells, *across, [cell for row in cells for cell in row]]


@pytest.mark.parametrize("table", [False, True], ids=["neighbours", "margins of a table"])
def test_a_thousand_differencing_attacks_recover_no_hidden_cell(table: bool) -> None:
    """Each knows the cells, all these sums of them, and what everybody knows of rounding.

    It solves for all cells at once, which is as much as any way of subtracting can find.
    """
    rng = np.random.default_rng(0)
    recovered = 0
    for _ in range(1_000):
        shape = (int(rng.integers(2, 4)), int(rng.integers(2, 4)))
        n_cells = shape[0] * shape[1] if table else int(rng.integers(2, 7))
        cells = rng.integers(0, 60, n_cells)
        target = int(rng.integers(n_cells))
        cells[target] = rng.integers(0, 10)
        least, most = possible(cells, margins(*shape) if table else ranges(n_cells), target)
        assert least <= cells[target] <= most
        recovered += least == most
    assert recovered == 0


def test_a_thousand_attacks_on_sums_recover_nothing_that_few_did() -> None:
    """Each knows how often, and how many, all did something, and all but a few; and that each did it at least once."""
    rng = np.random.default_rng(0)
    recovered = 0
    for _ in range(1_000):
        others, few = int(rng.integers(10, 60)), int(rng.integers(1, 10))
        by_others, by_few = int(rng.integers(others, 4 * others)), int(rng.integers(few, 4 * few))
        of_all, of_rest = (others + few, by_others + by_few), (others, by_others)
        other = (
            all_times - rest_times
            for rest, rest_times in _told_alike(*of_rest)
            for all_, all_times in _told_alike(*of_all)
            if 0 <= all_ - rest < 10 and all_ - rest <= all_times - rest_times != by_few
        )
        recovered += next(other, None) is None
    assert recovered == 0


def _told_alike(n: int, times: int) -> Iterator[tuple[int, int]]:
    """Return all numbers of people, and of what they did, that are told as these are."""
    told = rounding.people(n), rounding.total(times, n)
    for m in range(max(n - 9, rounding.BASE), n + 10):
        if rounding.people(m) == told[0]:
            yield from ((m, total) for total in range(m, 5 * m) if rounding.total(total, m) == told[1])
