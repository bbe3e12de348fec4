from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind
from shopkeeper.models.transitions import Transitions, TransitionsConfig
from shopkeeper.testing.checkerboard import dataset, random_shop

PLAIN: Mapping[str, float] = {
    "distance_decay": 1.0,
    "backward": 0.5,
    "length_damping": 0.0,
    "popularity_damping": 0.0,
    "confidence": 1.0,
}


def table(data: Dataset, **options: object) -> NDArray[np.float32]:
    model = Transitions(TransitionsConfig.model_validate({**PLAIN, **options})).fit(data)
    return np.asarray(model.table_.toarray())


def test_weighs_pairs_by_distance_and_direction() -> None:
    assert table(dataset([[0, 1, 2]], 3)).tolist() == [[0, 1, 0.5], [0.5, 0, 1], [0.25, 0.5, 0]]


def test_pairs_beyond_the_window_do_not_count() -> None:
    assert table(dataset([[0, 1, 2]], 3), window=1).tolist() == [[0, 1, 0], [0.5, 0, 1], [0, 0.5, 0]]


def test_an_order_has_no_direction() -> None:
    data = dataset([[0, 1]], 2)
    data.histories.at[:] = 0
    assert table(data).tolist() == [[0, 1], [1, 0]]


def test_is_the_sum_over_all_pairs() -> None:
    data = random_shop()
    options = {"window": 4, "length_damping": 0.5, "popularity_damping": 0.5, "shrink": 2.0, "confidence": 0.0}
    counts = np.zeros((data.n_items, data.n_items))
    for row in range(data.n_users):
        items = data.histories.items_of(row)
        for a, first in enumerate(items):
            for b, second in enumerate(items):
                if a != b and abs(a - b) <= 4:
                    counts[first, second] += (1 if a < b else 0.5) / abs(a - b) / len(items) ** 0.5
    counts /= (np.bincount(data.histories.item_idx, minlength=data.n_items) + 2) ** 0.5
    sums = counts.sum(axis=1, keepdims=True)
    steps = np.divide(counts, sums, where=sums > 0, out=np.zeros_like(counts))
    np.testing.assert_allclose(table(data, **options), steps, rtol=1e-4)
    walk = 0.4 * steps + 0.6 * steps @ steps
    np.testing.assert_allclose(table(data, two_steps=0.6, **options), walk, rtol=1e-4, atol=1e-7)


def test_the_newest_product_leads() -> None:
    model = Transitions().fit(dataset([[0, 2], [1, 3]] * 5, 4))
    assert model.top_n(HistoryBatch.of([[0, 1], [1, 0]]), 2).item_idx.tolist() == [[3, 2], [2, 3]]


def test_repeat_is_what_a_product_says_for_itself() -> None:
    scores = (
        Transitions(TransitionsConfig(repeat=0.25, confidence=0.0))
        .fit(dataset([[0, 1]], 3))
        .score(HistoryBatch.of([[0]]))
    )
    assert scores.tolist() == [[0.25, 1.0, -np.inf]]


def test_names_the_product_that_led_there() -> None:
    model = Transitions().fit(dataset([[0, 2], [1, 3]], 5))
    reasons = model.explain(HistoryBatch.of([[0, 1], []]), np.array([[3, 4], [3, -1]], np.int32))
    popular = Reason(ReasonKind.POPULAR)
    assert reasons == [[Reason(ReasonKind.SIMILAR, because=1), popular], [popular, popular]]


@pytest.mark.parametrize("rows", [[], [[]], [[0]]])
def test_where_nothing_follows_anything_there_is_nothing_to_say(rows: list[list[int]]) -> None:
    model = Transitions().fit(dataset(rows, 2))
    assert model.score(HistoryBatch.of([[0, 1]])).tolist() == [[-np.inf, -np.inf]]
