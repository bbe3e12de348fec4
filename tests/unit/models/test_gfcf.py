import numpy as np

from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind
from shopkeeper.models.gfcf import GFCF, GFCFConfig
from shopkeeper.testing.checkerboard import dataset, random_shop


def test_is_the_filter_of_the_definition() -> None:
    data = random_shop()
    config = GFCFConfig(factors=5, spectrum_power=0.3, low_pass=0.7, user_damping=0.8, item_damping=0.4, popularity=0.3)
    a = (data.matrix().by_user.toarray() > 0).astype(np.float64)
    n_users, n_items = np.maximum(a.sum(axis=0), 1), np.maximum(a.sum(axis=1), 1)
    r = a / n_items[:, None] ** 0.4 / n_users**0.4
    _, values, v = np.linalg.svd(r)
    strength = values**2
    strength[:5] = strength[4] * (strength[:5] / strength[4]) ** 0.3 + 0.7
    filtered = v[: len(strength)].T * strength @ v[: len(strength)]
    expected = (a / n_users**0.3) @ filtered * n_users**0.3
    expected[np.abs(expected) < 1e-12] = -np.inf
    np.testing.assert_allclose(GFCF(config).fit(data).score(data.histories), expected, rtol=1e-3, atol=1e-4)


def test_without_factors_the_linear_filter_is_left() -> None:
    model = GFCF(GFCFConfig(factors=0)).fit(dataset([[0, 1], [2, 3]], 4))
    scores = model.score(HistoryBatch.of([[0]]))
    assert (scores > -np.inf).tolist() == [[True, True, False, False]]


def test_names_the_product_that_leads_there() -> None:
    model = GFCF(GFCFConfig(factors=2)).fit(dataset([[0, 1], [2, 3]], 4))
    reasons = model.explain(HistoryBatch.of([[0, 2], []]), np.array([[1, 3], [1, -1]], np.int32))
    popular = Reason(ReasonKind.POPULAR)
    assert reasons == [[Reason(ReasonKind.SIMILAR, because=0), Reason(ReasonKind.SIMILAR, because=2)], [popular] * 2]
