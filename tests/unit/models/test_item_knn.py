import numpy as np
import pytest

from shopkeeper.models.item_knn import ItemKNN, ItemKNNConfig
from shopkeeper.testing.checkerboard import dataset, random_shop


def test_the_history_s_product_takes_its_share_of_the_normalisation() -> None:
    data = random_shop()
    config = ItemKNNConfig(entry="count", asymmetry=0.8, shrink=2.0, n_neighbors=40)
    x = data.matrix().by_item.toarray().astype(np.float64)
    squares = (x**2).sum(axis=1)
    expected = x @ x.T / (np.outer(squares**0.8, squares**0.2) + 2)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(ItemKNN(config).fit(data).table_.toarray(), expected, rtol=1e-4)


def test_bm25_is_what_the_formula_says() -> None:
    data = dataset([[0, 1], [0, 0, 2], [3]], 4)
    config = ItemKNNConfig(entry="count", user_weight="bm25", similarity="dot", shrink=0.0)

    def entry(count: int, n_users_of_item: int, n_items_of_user: int) -> float:
        bound = 1.2 * (0.25 + 0.75 * n_users_of_item / (5 / 4))
        return count * 2.2 / (count + bound) * float(np.log(4 / n_items_of_user))

    table = ItemKNN(config).fit(data).table_.toarray()
    assert table[0, 1] == pytest.approx(entry(1, 2, 2) * entry(1, 1, 2))
    assert table[0, 2] == pytest.approx(entry(2, 2, 2) * entry(1, 1, 2))


def test_iuf_counts_a_person_with_few_products_for_more() -> None:
    data = dataset([[0, 1], [0, 2, 3, 4]], 6)
    plain, weighted = (
        ItemKNN(ItemKNNConfig.model_validate({"user_weight": weight})).fit(data).table_.toarray()
        for weight in ("none", "iuf")
    )
    assert plain[0, 1] == plain[0, 2]
    assert weighted[0, 1] > weighted[0, 2]
