"""What is told of people, and what can be found out from it."""

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


def test_a_thousand_differencing_attacks_recover_no_hidden_cell() -> None:
    """Each knows the cells, all their sums along time (or along a table's rows), and what everybody knows of rounding.

    It solves for all cells at once, which is as much as any way of subtracting can find.
    """
    rng = np.random.default_rng(0)
    recovered = 0
    for _ in range(1_000):
        cells = rng.integers(0, 60, rng.integers(2, 7))
        target = int(rng.integers(len(cells)))
        cells[target] = rng.integers(0, 10)
        sums = [list(range(first, end)) for first, end in combinations(range(len(cells) + 1), 2)]
        least, most = possible(cells, sums, target)
        assert least <= cells[target] <= most
        recovered += least == most
    assert recovered == 0
