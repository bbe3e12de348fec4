import numpy as np

from shopkeeper.data.history import HistoryBatch
from shopkeeper.models.rp3beta import RP3Beta, RP3BetaConfig
from shopkeeper.testing.checkerboard import dataset, random_shop


def test_a_walk_ends_where_the_definition_says() -> None:
    model = RP3Beta(RP3BetaConfig(alpha=1.0, beta=0.0)).fit(dataset([[0, 1], [1, 2, 3]], 4))
    # From 1 to either person with a half, from there to each of their products.
    expected = [1 / 4, 1 / 4 + 1 / 6, 1 / 6, 1 / 6]
    np.testing.assert_allclose(model.score(HistoryBatch.of([[1]])), [expected], rtol=1e-6)


def test_is_the_product_of_three_dense_matrices() -> None:
    data = random_shop()
    model = RP3Beta(RP3BetaConfig(entry="count", alpha=0.7, beta=0.5)).fit(data)
    entries = data.matrix().by_user.toarray().astype(np.float64)
    to_users = np.nan_to_num(entries.T / np.maximum(entries.sum(axis=0), 1e-9)[:, None]) ** 0.7
    to_items = np.nan_to_num(entries / np.maximum(entries.sum(axis=1), 1e-9)[:, None]) ** 0.7
    walks = to_users @ to_items / np.maximum((entries > 0).sum(axis=0), 1) ** 0.5
    np.testing.assert_allclose(model.table_.toarray(), walks, rtol=1e-4, atol=1e-7)


def test_keeps_the_best_ends() -> None:
    data = random_shop()
    whole = RP3Beta().fit(data).table_.toarray()
    table = RP3Beta(RP3BetaConfig(n_neighbors=3)).fit(data).table_.toarray()
    assert ((table > 0).sum(axis=1) <= 3).all()
    np.testing.assert_array_equal(table.max(axis=1), whole.max(axis=1))
