import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shopkeeper.evaluation import metrics

FOUND = np.array([[True, False, True], [False, False, False]])
TO_FIND = np.array([2, 5])


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("hr", 1.0),
        ("recall", 1.0),
        ("precision", 2 / 3),
        ("map", (1 + 2 / 3) / 2),
        ("mrr", 1.0),
        ("ndcg", (1 + 1 / 2) / (1 + 1 / math.log2(3))),
    ],
)
def test_known_answers(metric: str, expected: float) -> None:
    assert metrics.ACCURACY[metric](FOUND, TO_FIND).tolist() == [pytest.approx(expected), 0]


def naive_ndcg(hits: list[bool], n: int) -> float:
    gain = sum(1 / math.log2(place + 2) for place, hit in enumerate(hits) if hit)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(n, len(hits))))


def naive_map(hits: list[bool], n: int) -> float:
    precisions = [sum(hits[: place + 1]) / (place + 1) for place, hit in enumerate(hits) if hit]
    return sum(precisions) / min(n, len(hits))


@pytest.mark.parametrize(("metric", "naive"), [("ndcg", naive_ndcg), ("map", naive_map)])
@given(hits=hnp.arrays(np.bool_, (1, 7)), more=st.integers(0, 20))
def test_agrees_with_the_definition(
    metric: str,
    naive: Callable[[list[bool], int], float],
    hits: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
    more: int,
) -> None:
    n_truth = max(1, int(hits.sum()) + more)
    assert metrics.ACCURACY[metric](hits, np.array([n_truth]))[0] == pytest.approx(naive(hits[0].tolist(), n_truth))


def test_a_list_longer_than_the_truth_can_be_perfect() -> None:
    assert metrics.ndcg(np.array([[True, False, False]]), np.array([1]))[0] == 1


def test_coverage_and_gini() -> None:
    lists = np.array([[0, 1], [0, -1]], np.int32)
    assert metrics.coverage(lists, 4) == 0.5
    assert metrics.gini(np.array([[0, 1, 2, 3]], np.int32), 4) == 0
    assert metrics.gini(np.array([[0], [0]], np.int32), 4) == 0.75


def test_novelty_is_the_surprise_of_the_list() -> None:
    lists = np.array([[0, 1], [1, -1]], np.int32)
    assert metrics.novelty(lists, np.array([8, 2], np.int32), 8).tolist() == [1, 2]


def test_distance_of_lists() -> None:
    by_item = sp.csr_matrix(np.array([[1, 0], [2, 0], [0, 1]], np.float32))
    lists = np.array([[0, 1, -1], [0, 2, -1], [0, 1, 2], [0, -1, -1]], np.int32)
    assert metrics.intra_list_distance(lists, by_item) == pytest.approx([0, 1, 2 / 3, 0])


def test_share_of_repeats() -> None:
    seen = sp.csr_matrix(np.array([[1, 1, 0], [0, 0, 0]], np.float32))
    assert metrics.repeat_share(np.array([[0, 2], [0, -1]], np.int32), seen).tolist() == [0.5, 0]
