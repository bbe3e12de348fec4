"""What is alike does not stand together."""

import numpy as np
import pytest

from shopkeeper.kit.spread import Sets, spread

SETS = Sets(np.array([0, 2, 4, 5, 5]), np.array([0, 1, 0, 1, 2], np.int32), 3)
"""Two that are the same, one that is unlike them, and one of which nothing is said."""


def _order(worth: list[float], items: list[int], share: float, n: int) -> list[int]:
    return list(spread(np.array(worth), np.array(items, np.int32), SETS, share, n))


def test_the_second_of_a_kind_waits() -> None:
    """Its worth less its likeness to what is chosen is below that of what is unlike."""
    assert _order([1.0, 0.9, 0.5, 0.2], [0, 1, 2, 3], 0.5, 4) == [0, 2, 1, 3]
    assert _order([1.0, 0.9, 0.5, 0.2], [0, 1, 2, 3], 0.0, 4) == [0, 1, 2, 3]


def test_what_is_left_stays_as_it_stood() -> None:
    """Once n are chosen, and however many that is."""
    assert _order([1.0, 0.9, 0.5, 0.2], [0, 1, 2, 3], 0.5, 2) == [0, 2, 1, 3]
    assert _order([1.0, 1.0], [3, 3], 0.5, 9) == [0, 1]
    assert _order([], [], 0.5, 9) == []


@pytest.mark.parametrize(("rest", "expected"), [(0.29, [0, 1, 2]), (0.30, [0, 2, 1])])
def test_half_alike_counts_by_the_cosine(rest: float, expected: list[int]) -> None:
    """One shared of two and one: the root of a half, so that 1 - .707 = .293 is what the second is still worth."""
    sets = Sets(np.array([0, 2, 3, 3]), np.array([0, 1, 0], np.int32), 2)
    assert spread(np.array([1.0, 1.0, rest]), np.arange(3, dtype=np.int32), sets, 1.0, 3).tolist() == expected
