import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from shopkeeper.kit.softmax import Examples, fit_softmax, softmax


def examples(n: int = 120, n_features: int = 8, n_classes: int = 4, seed: int = 0) -> Examples:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, n_features)) * (rng.random((n, n_features)) < 0.6)
    target = (x @ rng.normal(size=(n_features, n_classes)) + rng.normal(size=(n, n_classes))).argmax(axis=1)
    return Examples(sp.csr_matrix(x.astype(np.float32)), target.astype(np.int32), np.ones(n, np.float32))


def loss(told: Examples, table: np.ndarray, reg: float) -> float:
    p = softmax(np.asarray(told.rows @ table, np.float64))
    likely = np.log(p[np.arange(len(p)), told.target])
    return float(-(told.weight * likely).sum() + reg / 2 * (table**2).sum())


def test_the_table_is_that_of_scikit_learn() -> None:
    told = examples()
    peer = LogisticRegression(C=1 / 0.5, fit_intercept=False, tol=1e-9, max_iter=10_000)
    expected = peer.fit(told.rows.toarray().astype(np.float64), told.target).coef_.T
    found = fit_softmax(told, 4, 0.5, np.random.default_rng(0), epochs=200, tolerance=0)
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_weights_count_as_examples() -> None:
    told = examples()
    weight = np.random.default_rng(1).integers(1, 4, len(told.target))
    many = told.take(np.repeat(np.arange(len(weight)), weight))
    few = Examples(told.rows, told.target, weight.astype(np.float32))
    one, other = (fit_softmax(each, 4, 0.5, np.random.default_rng(0), epochs=200, tolerance=0) for each in (many, few))
    np.testing.assert_allclose(one, other, atol=2e-3)


def test_the_usual_end_is_near_the_least_loss() -> None:
    told, reg = examples(), 0.1
    least = fit_softmax(told, 4, reg, np.random.default_rng(0), epochs=500, tolerance=0)
    found = fit_softmax(told, 4, reg, np.random.default_rng(0))
    assert loss(told, found, reg) < loss(told, least, reg) * 1.01


def test_rows_without_entries_change_nothing() -> None:
    told = examples()
    rows = sp.csr_matrix(np.vstack([told.rows.toarray(), np.zeros((3, 8), np.float32)]))
    more = Examples(rows, np.r_[told.target, [0, 1, 2]].astype(np.int32), np.ones(123, np.float32))
    one, other = (fit_softmax(each, 4, 0.5, np.random.default_rng(0), epochs=200, tolerance=0) for each in (told, more))
    np.testing.assert_allclose(one, other, atol=2e-3)


def test_no_examples_are_a_table_of_zeros() -> None:
    none = examples().take(np.empty(0, np.int64))
    assert not fit_softmax(none, 4, 0.5, np.random.default_rng(0)).any()
