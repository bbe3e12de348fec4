"""Chains of marks along time, on cases small enough to read. Random logs are in tests/properties."""

import numpy as np
import pytest

from shopkeeper.kit.chains import chains


def asked(marks: str, *, window: int = 100, strict: bool = False, at: list[int] | None = None) -> tuple[int, int]:
    """Return how far one person came with steps a, b and c, and the shortest time; other letters are no steps."""
    step = np.array(["abc".find(mark) for mark in marks], np.int8)
    times = np.array(at or range(len(marks)), np.int64)
    who, reached, took = chains(np.zeros(len(marks), np.int64), times, step, 3, window, strict=strict)
    assert who.tolist() == [0]
    return int(reached[0]), int(took[0])


@pytest.mark.parametrize(
    ("marks", "loose", "direct"),
    [
        ("abc", (3, 2), (3, 2)),
        ("axbc", (3, 3), (1, -1)),
        ("cba", (1, -1), (1, -1)),
        ("bc", (0, -1), (0, -1)),
        ("abxxxabc", (3, 2), (3, 2)),
        ("aabc", (3, 2), (3, 2)),
    ],
)
def test_steps_in_order(marks: str, loose: tuple[int, int], direct: tuple[int, int]) -> None:
    assert (asked(marks), asked(marks, strict=True)) == (loose, direct)


def test_the_window_is_of_the_whole_chain() -> None:
    assert [asked("abc", at=[0, 5, 10], window=window)[0] for window in (4, 9, 10)] == [1, 2, 3]


def test_marks_of_the_same_time_are_in_order_unless_strict() -> None:
    assert (asked("cba", at=[7, 7, 7]), asked("cba", at=[7, 7, 7], strict=True)) == ((3, 0), (1, -1))


def test_nobody_is_nobody() -> None:
    none = np.empty(0, np.int64)
    assert [len(one) for one in chains(none, none, none.astype(np.int8), 2, 1, strict=False)] == [0, 0, 0]
