from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.kit.shares import share_out

PLACES = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=8)


@given(PLACES, st.integers(0, 5000))
def test_shares_add_up_and_fit(places: list[tuple[int, int]], total: int) -> None:
    weights, rooms = zip(*places, strict=True)
    shares = share_out(total, weights, rooms)
    assert sum(shares) == min(total, sum(rooms))
    assert all(0 <= share <= room for share, room in zip(shares, rooms, strict=True))


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=8), st.integers(0, 1000))
def test_with_room_for_all_each_is_within_a_unit_of_its_part(weights: list[int], total: int) -> None:
    shares = share_out(total, weights, [total] * len(weights))
    assert all(abs(share - total * one / sum(weights)) < 1 for share, one in zip(shares, weights, strict=True))


def test_what_is_left_over_goes_to_the_largest_remainders_and_then_the_first() -> None:
    assert share_out(100, [1, 1, 1], [100] * 3) == [34, 33, 33]
    assert share_out(10, [3, 3, 1], [100, 2, 100]) == [6, 2, 2]
    assert share_out(5, [0, 0], [2, 9]) == [2, 3]
