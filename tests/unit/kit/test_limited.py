import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.kit.limited import picked


@given(st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.5, 0.9]), min_size=1, max_size=30), st.integers(0, 12), st.data())
def test_the_first_stay_and_the_best_of_the_others_follow_as_they_stood(
    worth: list[float], n: int, data: st.DataObject
) -> None:
    n_first = data.draw(st.integers(0, min(n, len(worth))))
    others = sorted(range(n_first, len(worth)), key=lambda place: -worth[place])[: n - n_first]
    first = [*range(n_first), *sorted(others)]
    left = [place for place in range(len(worth)) if place not in first]
    assert picked(np.array(worth), n_first, n).tolist() == [*first, *left]
