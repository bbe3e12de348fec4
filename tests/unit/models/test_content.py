import numpy as np
import pytest

from shopkeeper import models
from shopkeeper.data.catalog import Product
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import ReasonKind
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.testing.checkerboard import dataset, random_shop

TITLES = {
    "i0": "Red ceramic mug",
    "i1": "Ceramic mug, blue",
    "i2": "Wooden garden chair",
    "i3": "Folding garden chair",
    "i4": "",
    "new mug": "Tall green ceramic mug",
    "new cup": "红色陶瓷茶杯",
    "new cup 2": "蓝色陶瓷茶杯",
}


def shop() -> Dataset:
    products = [Product(item_id=item_id, title=title) for item_id, title in TITLES.items()]
    return dataset([[0, 2], [1, 3], [4]], 5).with_products(products)


def test_products_nobody_took_join_behind_the_others() -> None:
    data = shop()
    assert list(data.items) == ["i0", "i1", "i2", "i3", "i4", "new mug", "new cup", "new cup 2"]
    assert data.texts[:2] == ("Red ceramic mug", "Ceramic mug, blue")
    assert data.n_items == 8


def test_texts_are_as_many_as_products() -> None:
    data = shop()
    with pytest.raises(InvalidInput, match="2 texts but 8 products"):
        Dataset(data.users, data.items, data.histories, ("a", "b"))


@pytest.mark.parametrize(("taken", "best"), [("i0", {"i1", "new mug"}), ("new cup", {"new cup 2"})])
def test_finds_what_is_alike_in_any_language_also_what_nobody_took(taken: str, best: set[str]) -> None:
    data = shop()
    model = models.create("content", {"least": 1}).fit(data)
    found = model.top_n(HistoryBatch.of([[data.items.index(taken)]]), len(best)).item_idx[0]
    assert {data.items[int(item)] for item in found} == best


def test_says_what_it_is_like() -> None:
    data = shop()
    model = models.create("content", {"least": 1}).fit(data)
    ((reason,),) = model.explain(HistoryBatch.of([[2, 0]]), np.array([[5]]))
    assert (reason.kind, reason.because) == (ReasonKind.ALIKE, 0)


def test_has_nothing_to_say_without_text() -> None:
    data = shop()
    model = models.create("content", {"least": 1}).fit(data)
    scores = model.score(HistoryBatch.of([[4], [0]]))
    assert np.isneginf(scores[0]).all()
    assert np.isneginf(scores[1, 4])
    assert np.isneginf(models.create("content").fit(random_shop()).score(HistoryBatch.of([[0]]))).all()


def test_a_word_that_one_product_has_may_be_too_rare() -> None:
    data = dataset([[0]], 1).with_products([Product(item_id="i0", title="x"), Product(item_id="i1", title="y")])
    assert np.isneginf(models.create("content").fit(data).score(HistoryBatch.of([[0]]))).all()
