import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shopkeeper.kit.topk import top_k


def test_best_first_and_ties_to_the_lower_index() -> None:
    found = top_k(np.array([[1, 3, 2, 3]], np.float32), 3)
    assert found.idx.tolist() == [[1, 3, 2]]
    assert found.value.tolist() == [[3, 3, 2]]


def test_what_is_missing_or_not_a_number_is_never_returned() -> None:
    found = top_k(np.array([[np.nan, -np.inf, -5]], np.float32), 2)
    assert found.idx.tolist() == [[2, -1]]
    assert found.value.tolist() == [[-5, -np.inf]]


@pytest.mark.parametrize("shape", [(0, 5), (3, 0)])
def test_nothing_in_nothing_out(shape: tuple[int, int]) -> None:
    assert (top_k(np.zeros(shape, np.float32), 2).idx == -1).all()


def test_none_wanted() -> None:
    assert top_k(np.zeros((2, 3), np.float32), 0).idx.shape == (2, 0)


@pytest.mark.parametrize("n_rows", [3, 40])
def test_is_a_stable_sort_on_one_core_and_on_all(n_rows: int) -> None:
    values = np.random.default_rng(0).integers(0, 1000, (n_rows, 30_000)).astype(np.float32)
    expected = np.argsort(-values, axis=1, kind="stable")[:, :50]
    assert (top_k(values, 50).idx == expected).all()


@given(
    hnp.arrays(np.float32, (2, 300), elements=st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 2.0])),
    st.integers(1, 310),
)
def test_is_a_stable_sort_of_any_row(values: np.ndarray[tuple[int, int], np.dtype[np.float32]], k: int) -> None:
    found = top_k(values, k)
    for row, idx in zip(values, found.idx, strict=True):
        order = np.argsort(-row, kind="stable")
        expected = order[row[order] > -np.inf][:k]
        assert idx[: len(expected)].tolist() == expected.tolist()
        assert (idx[len(expected) :] == -1).all()
