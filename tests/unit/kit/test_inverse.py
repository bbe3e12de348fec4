import numpy as np
import pytest

from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.inverse import inverse


@pytest.mark.parametrize("n", [0, 1, 7, 1100])
def test_is_the_inverse(n: int) -> None:
    rows = np.random.default_rng(0).random((n, n), np.float32)
    matrix = (rows @ rows.T / max(1, n) + np.eye(n)).astype(np.float32)
    assert np.abs(inverse(matrix.copy()) @ matrix - np.eye(n)).max(initial=0) < 1e-4


def test_a_matrix_that_has_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="raise the regularisation"):
        inverse(np.zeros((3, 3), np.float32))
