import numpy as np
import pytest

from shopkeeper import models
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import EventType
from shopkeeper.data.history import HOUR_US, HistoryBatch
from shopkeeper.data.items import ReasonKind
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.testing.checkerboard import random_shop

MILK, KETTLE, BREAD, TEA = range(4)


def baskets(people: list[list[list[int]]]) -> HistoryBatch:
    """Each person's baskets, a day apart; the products of one basket a minute apart."""
    rows = [[item for basket in person for item in basket] for person in people]
    hours = [[24 * day + n / 60 for day, basket in enumerate(p) for n in range(len(basket))] for p in people]
    plain = HistoryBatch.of(rows, user_idx=range(len(rows)))
    at = np.array([hour * HOUR_US for row in hours for hour in row], np.int64)
    return HistoryBatch(
        plain.indptr, plain.item_idx, plain.type, at, plain.quantity, plain.rating, plain.as_of, plain.user_idx
    )


def shop(people: list[list[list[int]]]) -> Dataset:
    users = Vocabulary(f"u{user}" for user in range(len(people)))
    return Dataset(users, Vocabulary(["milk", "kettle", "bread", "tea"]), baskets(people))


def test_a_basket_ends_where_nothing_follows_for_hours() -> None:
    histories = baskets([[[MILK, BREAD], [TEA], [MILK]], [], [[TEA]]])
    assert histories.basket_ages(4.0).tolist() == [2, 2, 1, 0, 0]
    assert histories.basket_ages(24.0).tolist() == [0, 0, 0, 0, 0]
    assert HistoryBatch.of([[]]).basket_ages(4.0).tolist() == []


def test_own_share_counts_newer_baskets_more() -> None:
    data = shop([[[MILK, TEA], [MILK], [BREAD]], [[TEA]]])
    only_own = {"basket_decay": 0.5, "return_rate_power": 0.0, "neighbor_weight": 0.0, "popularity_weight": 0.0}
    scores = models.create("next_basket", only_own).fit(data).score(data.histories)
    total = 1 + 0.5 + 0.25
    np.testing.assert_allclose(scores[0], [0.75 / total, 0, 1 / total, 0.25 / total], rtol=1e-6)
    np.testing.assert_allclose(scores[1], [0, 0, 0, 1], rtol=1e-6)


def test_what_comes_back_is_put_before_what_is_bought_once() -> None:
    regular = [[MILK, KETTLE], [MILK], [MILK]]
    data = shop([regular, regular, [[KETTLE], [MILK]]])
    model = models.create("next_basket", {"basket_decay": 1.0, "popularity_weight": 0.0, "neighbor_weight": 0.0})
    milk, kettle = model.fit(data).score(baskets([[[MILK, KETTLE]]]))[0, [MILK, KETTLE]]
    # Returns over chances: milk 4 of 4, kettle 0 of 5; the shop 4 of 9; twenty chances of the shop's mean are added.
    assert milk / kettle == pytest.approx(((9 + 20) / (4 + 20) / (20 / (5 + 20))) ** 0.4, rel=1e-5)


def test_equals_a_plain_sum_over_neighbours() -> None:
    data = random_shop()
    options = {"n_neighbors": 5, "popularity_weight": 0.2, "basket_gap_hours": 0.0, "return_rate_power": 0.0}
    options["loudest"] = 0
    scores = models.create("next_basket", options).fit(data).score(data.histories)
    shares = np.zeros((data.n_users, data.n_items))
    for user in range(data.n_users):
        items = data.histories.items_of(user)
        decay = 0.95 ** np.arange(len(items))[::-1]
        np.add.at(shares[user], items, decay / max(decay.sum(), 1e-9))
    features = shares * np.maximum(np.log(data.n_users / np.maximum((shares > 0).sum(axis=0), 1)), 1e-3)
    squares = (features**2).sum(axis=1)
    sold = np.bincount(data.histories.item_idx, minlength=data.n_items)
    for user in np.flatnonzero(squares).tolist():
        bottom = squares[user] ** 0.1 * squares**0.9
        similarity = np.divide(features @ features[user], bottom, out=np.zeros_like(bottom), where=bottom > 0)
        similarity[user] = 0
        best = np.argsort(-similarity, kind="stable")[:5]
        votes = similarity[best] @ shares[best] / similarity[best].sum()
        np.testing.assert_allclose(scores[user], shares[user] + 0.6 * votes + 0.2 * sold / sold.max(), atol=1e-5)


def test_says_whose_habit_it_is() -> None:
    data = shop([[[MILK], [MILK, BREAD]], [[MILK], [KETTLE]], [[TEA]]])
    model = models.create("next_basket", {"n_neighbors": 1}).fit(data)
    (reasons,) = model.explain(data.histories.take(np.array([0])), np.array([[MILK, KETTLE, TEA]], np.int32))
    assert [reason.kind for reason in reasons] == [ReasonKind.AGAIN, ReasonKind.NEIGHBOURS, ReasonKind.POPULAR]
    assert (reasons[0].times, reasons[1].people, reasons[1].shared, reasons[2].people) == (2, 1, 0, 1)


def test_events_that_do_not_count_leave_no_trace() -> None:
    data = random_shop()
    views = HistoryBatch.of([data.histories.items_of(u).tolist() for u in range(80)], type=EventType.VIEW)
    model = models.create("next_basket", {"type_weights": {"purchase": 1.0}}).fit(data.with_histories(views))
    assert not model.score(data.histories.take(np.arange(0))).size
    assert not model.score(views).any()
