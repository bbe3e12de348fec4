from dataclasses import replace

import numpy as np
import pytest

from shopkeeper.data.catalog import Product
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.data.items import Exclude, ReasonKind
from shopkeeper.data.vocabulary import Vocabulary
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


def test_durable_kinds_are_paused_until_people_come_back_for_others_of_them() -> None:
    """Of 200 who bought a fridge 25 bought another kind of fridge, 100 to 124 days later; everybody drinks coffee."""
    kinds = {"0": "Fridges", "1": "Fridges", "2": "Coffee"}
    products = [Product(item_id=one, title="x", categories=(kind,)) for one, kind in kinds.items()]
    rows = [[0, *([1] if n < 25 else []), 2, 2] for n in range(200)]
    days = [day for n in range(200) for day in ([0, 100 + n, 130, 140] if n < 25 else [0, 130, 140])]
    histories = replace(HistoryBatch.of(rows), at=np.array(days) * DAY_US)
    data = replace(dataset(rows, 3), items=Vocabulary("012")).with_histories(histories)
    model = BuyAgain().fit(data.with_products([*products, Product(item_id="3", title="x")]))
    np.testing.assert_allclose(model.pauses_, [106, 106, 0, 0])
    assert BuyAgain(BuyAgainConfig(longest_days=30)).fit(data.with_products(products)).pauses_.max() == 30


def test_what_was_saved_before_pauses_were_learned_has_none() -> None:
    state = BuyAgain().fit(SHOP).state()
    del state["pauses"]
    assert BuyAgain.from_state(BuyAgainConfig(), state).pauses_.tolist() == [0, 0]
