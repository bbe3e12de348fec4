import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.kit.places import places

NUMBERS = st.lists(st.integers(-5, 40) | st.integers(-(2**31), 2**31 - 1), max_size=50)


@given(NUMBERS, NUMBERS)
def test_each_number_is_found_where_it_stands_first(among: list[int], numbers: list[int]) -> None:
    expected = [among.index(one) if one in among else -1 for one in numbers]
    assert places(np.array(among, np.int32), np.array(numbers, np.int32)).tolist() == expected
