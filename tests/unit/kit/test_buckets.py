"""Token buckets, against a clock that is turned by hand."""

import pytest

from shopkeeper.kit.buckets import Buckets


class Hand:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_the_reserve_is_spent_and_filled_at_its_rate() -> None:
    clock = Hand()
    buckets = Buckets(2.0, 3.0, clock)
    assert [buckets.wait_s("a") for _ in range(7)] == [0.0] * 6 + [0.5]
    clock.seconds = 0.25
    assert (buckets.wait_s("a"), buckets.wait_s("b")) == (0.25, 0.0)
    clock.seconds = 0.5
    assert [buckets.wait_s("a") for _ in range(2)] == [0.0, 0.5]
    clock.seconds = 1000.0
    assert [buckets.wait_s("a") for _ in range(7)] == [0.0] * 6 + [0.5]


def test_asking_in_vain_costs_nothing() -> None:
    clock = Hand()
    buckets = Buckets(1.0, 1.0, clock)
    assert [buckets.wait_s("a") for _ in range(100)] == [0.0] + [1.0] * 99
    clock.seconds = 1.0
    assert buckets.wait_s("a") == 0.0


@pytest.mark.parametrize(("rate", "waits"), [(0.0, [0.0, 0.0, 0.0]), (0.01, [0.0, 100.0, 100.0])])
def test_no_rate_is_no_limit_and_a_small_one_lets_one_through(rate: float, waits: list[float]) -> None:
    buckets = Buckets(rate, 10.0, Hand())
    assert [buckets.wait_s("a") for _ in range(3)] == waits


def test_no_more_names_are_held_than_allowed_and_the_busy_stay() -> None:
    buckets = Buckets(1.0, 1.0, Hand(), most=2)
    assert [buckets.wait_s(name) for name in "abacaba"] == [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
