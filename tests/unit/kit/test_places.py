import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.kit.places import best_first, places, without

NUMBERS = st.lists(st.integers(-5, 40) | st.integers(-(2**31), 2**31 - 1), max_size=50)


@given(NUMBERS, NUMBERS)
def test_each_number_is_found_where_it_stands_first(among: list[int], numbers: list[int]) -> None:
    expected = [among.index(one) if one in among else -1 for one in numbers]
    assert places(np.array(among, np.int32), np.array(numbers, np.int32)).tolist() == expected


@given(st.lists(st.integers(0, 30), min_size=1, max_size=20, unique=True), st.sets(st.integers(0, 9), max_size=3))
def test_room_is_made_where_what_comes_next_stands(numbers: list[int], rooms: set[int]) -> None:
    at, among = sorted(room for room in rooms if room < len(numbers)), numbers[:1] if len(numbers) > 1 else []
    expected = [place for place, number in enumerate(numbers) if number not in among]
    for room in at:
        expected.insert(room, expected[room] if room < len(expected) else expected[-1])
    found = without(np.array(among, np.int32), np.array(numbers, np.int32), np.array(at, np.int64))
    assert found.tolist() == expected


@given(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 0.5, 1.0, np.inf, np.nan]) | st.floats(-3, 3), max_size=50))
def test_the_largest_come_first_ties_as_they_stood_and_nothing_below_zero(numbers: list[float]) -> None:
    above = [place for place, number in enumerate(numbers) if number > 0]
    assert best_first(np.array(numbers, np.float64)).tolist() == sorted(above, key=lambda place: -numbers[place])
