import numpy as np
import pytest

from shopkeeper.kit.sorting import stable_order


@pytest.mark.parametrize("largest", [0, 3, 10**6, 2**62])
@pytest.mark.parametrize("n", [0, 1, 500])
def test_equal_numbers_stay_in_their_order(largest: int, n: int) -> None:
    numbers = np.random.default_rng(0).integers(0, 20, n) * (largest // 20)
    order, ordered = stable_order(numbers)
    assert order.tolist() == np.argsort(numbers, kind="stable").tolist()
    assert (ordered == numbers[order]).all()
