import numpy as np
import pytest

from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Exclude, ReasonKind
from shopkeeper.models.buy_again import BuyAgain, BuyAgainConfig
from shopkeeper.testing.checkerboard import dataset
from shopkeeper.testing.estimator_suite import spread, spread_out

# Three of four come back for coffee (0), nobody for a kettle (1).
SHOP = spread_out(dataset([[0, 0, 1], [0, 1, 0], [0, 0], [0, 1]], 2))


def test_return_rates_are_shares_of_buyers_drawn_to_the_shops() -> None:
    model = BuyAgain(BuyAgainConfig(prior=1.0, gap_hours=12)).fit(SHOP)
    np.testing.assert_allclose(model.returns_, [(3 + 3 / 7) / 5, (0 + 3 / 7) / 4], rtol=1e-6)


def test_only_what_was_bought_is_listed_and_what_people_come_back_for_first() -> None:
    model = BuyAgain().fit(SHOP)
    best = model.top_n(spread(HistoryBatch.of([[1, 0], [1]])), 2, Exclude(seen=False))
    assert best.item_idx.tolist() == [[0, 1], [1, -1]]
    (reason, _), _ = model.explain(spread(HistoryBatch.of([[1, 0, 0], [1]])), best.item_idx)
    assert (reason.kind, reason.times) == (ReasonKind.AGAIN, 2)


@pytest.mark.parametrize(("gap_hours", "expected"), [(25.0, 0.0), (23.0, 0.75)])
def test_what_is_bought_within_the_gap_is_bought_once(gap_hours: float, expected: float) -> None:
    model = BuyAgain(BuyAgainConfig(gap_hours=gap_hours, prior=1e-9)).fit(spread_out(dataset([[0, 0]] * 3 + [[0]], 1)))
    assert model.returns_[0] == pytest.approx(expected)
