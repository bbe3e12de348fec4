import numpy as np
import pytest

from shopkeeper.data.history import HistoryBatch
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.models.ease import EASE, EASEConfig
from shopkeeper.testing.checkerboard import dataset, random_shop


def test_is_the_ridge_regression_of_each_product_on_all_others() -> None:
    data = random_shop()
    table = EASE(EASEConfig(reg=3.0)).fit(data).table_.toarray()
    x = (data.matrix().by_user.toarray() > 0).astype(np.float64)
    for item in range(data.n_items):
        others = np.delete(x, item, axis=1)
        weights = np.linalg.solve(others.T @ others + 3 * np.eye(data.n_items - 1), others.T @ x[:, item])
        np.testing.assert_allclose(table[:, item], np.insert(weights, item, 0), atol=1e-5)


def test_a_damped_history_teaches_less() -> None:
    data = dataset([[0, 1, 2, 3], [4, 5]], 6)
    table = EASE(EASEConfig(length_damping=1.0, reg=1.0)).fit(data).table_.toarray()
    # Each of the two blocks is 1 / n everywhere: its ridge weights are 1 / (2 n - 1).
    np.testing.assert_allclose(table[0, 1], 1 / 7, rtol=1e-5)
    np.testing.assert_allclose(table[4, 5], 1 / 3, rtol=1e-5)


def test_keeps_the_largest_weights_by_size() -> None:
    data = random_shop()
    whole = EASE(EASEConfig(reg=3.0)).fit(data).table_.toarray()
    table = EASE(EASEConfig(reg=3.0, n_neighbors=4)).fit(data).table_.toarray()
    assert ((table != 0).sum(axis=1) <= 4).all()
    np.testing.assert_array_equal(np.abs(table).max(axis=1), np.abs(whole).max(axis=1))
    assert set(table[table != 0]) <= set(whole[whole != 0])


def test_too_many_products_are_refused_before_any_work() -> None:
    with pytest.raises(InvalidInput, match="40 products are more than max_items, 39"):
        EASE(EASEConfig(max_items=39)).fit(random_shop())


def test_the_newest_product_weighs_most_where_asked_for() -> None:
    model = EASE(EASEConfig(half_life_events=1.0, reg=1.0)).fit(dataset([[0, 2], [1, 3]], 4))
    assert model.top_n(HistoryBatch.of([[0, 1], [1, 0]]), 1).item_idx.tolist() == [[3], [2]]
