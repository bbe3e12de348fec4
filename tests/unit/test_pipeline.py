from datetime import UTC, datetime

import numpy as np
import pytest

from shopkeeper import models
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.items import Exclude, ReasonKind
from shopkeeper.pipeline import Recommender
from shopkeeper.testing.checkerboard import checkerboard, dataset

NOW = datetime(2024, 5, 1, tzinfo=UTC)


def purchase(item_id: str) -> Event:
    return Event(event_id=item_id, type=EventType.PURCHASE, at=NOW, visitor_id="someone", item_id=item_id)


@pytest.fixture(scope="module")
def recommender() -> Recommender:
    return Recommender.fit("user_knn", checkerboard(20))


def test_recommends_to_a_user_of_the_data(recommender: Recommender) -> None:
    assert recommender.recommend_items("u4", n=3)[0].item_id == "i4"


def test_recommends_to_whoever_came_after_the_fit(recommender: Recommender) -> None:
    best = recommender.recommend([purchase("i1"), purchase("i3")], now=NOW, n=8)
    assert {int(item.item_id[1:]) % 2 for item in best} == {1}


def test_an_unknown_user_gets_what_is_popular(recommender: Recommender) -> None:
    best = recommender.recommend_items("nobody", n=4)
    assert [item.reason.kind for item in best] == [ReasonKind.POPULAR] * 4


def test_popular_products_fill_what_the_model_leaves_open(recommender: Recommender) -> None:
    best = recommender.recommend_items("u4", n=15)
    assert len({item.item_id for item in best}) == 11
    assert [item.reason.kind for item in best][:2] == [ReasonKind.NEIGHBOURS, ReasonKind.POPULAR]


def test_gives_reasons_with_the_names_of_products() -> None:
    shop = Recommender.fit("item_knn", dataset([[0, 1], [0, 1], [0, 1], [0]], 2))
    assert shop.recommend_items("u3", n=1)[0].because == "i0"
    assert shop.recommend_items("u3", n=1)[0].text == "Often bought by people who took i0"


def test_sold_out_products_are_not_filled_in_either(recommender: Recommender) -> None:
    best = recommender.recommend_items("u4", n=20, exclude=Exclude(items=np.arange(20) != 7))
    assert [item.item_id for item in best] == ["i7"]


def test_a_product_that_is_not_in_the_model_is_ignored(recommender: Recommender) -> None:
    assert recommender.recommend([purchase("new")], now=NOW, n=1)[0].reason.kind is ReasonKind.POPULAR


def test_a_model_can_be_given_as_an_object() -> None:
    model = models.create("svd", {"factors": 2})
    assert Recommender.fit(model, checkerboard(20)).recommend_items("u4", n=1)[0].item_id == "i4"
