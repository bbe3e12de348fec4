from dataclasses import replace

import numpy as np
import pytest

from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import ReasonKind
from shopkeeper.models.trending import Trending, TrendingConfig
from shopkeeper.testing.checkerboard import dataset

DAY = 86_400_000_000


def fitted(days: dict[int, list[int]]) -> Trending:
    """Fit on takers of each product, by the age in days of what they did; one person each."""
    rows = [(item, age) for item, ages in days.items() for age in ages]
    data = dataset([[item] for item, _ in rows], 4)
    histories = replace(
        data.histories,
        at=np.array([(100 - age) * DAY for _, age in rows], np.int64),
        as_of=np.full(len(rows), 100 * DAY, np.int64),
    )
    return Trending(TrendingConfig(newest_days=7.0)).fit(data.with_histories(histories))


def test_what_rises_is_before_what_was_always_popular() -> None:
    model = fitted({0: [1] * 5 + [50] * 50, 1: [1] * 5 + [50], 2: [50] * 5})
    best = model.top_n(HistoryBatch.of([[]]), 4)
    assert best.item_idx[0].tolist() == [1, 0, -1, -1]
    reasons = model.explain(HistoryBatch.of([[]]), best.item_idx[:, :1])[0]
    assert [(reason.kind, reason.people) for reason in reasons] == [(ReasonKind.TRENDING, 5)]


def test_the_score_is_in_standard_deviations() -> None:
    model = fitted({0: [1] * 8 + [50] * 3, 1: [1] * 2 + [50]})
    # Expected of product 0: 1 + 10 * 3 / 4.
    assert model.trend_[0] == pytest.approx((8 - 8.5) / 8.5**0.5)
