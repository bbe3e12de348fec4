import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper import models
from shopkeeper.data.history import HistoryBatch
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.models.als import ALS, ALSConfig
from shopkeeper.testing.checkerboard import checkerboard, random_shop


def loss(model: ALS) -> float:
    """The sum that is minimised, with the best vector of every user."""
    extra = random_shop().matrix().by_user.toarray() * model.confidence_
    users = solved(model, extra)
    wanted = (extra > 0).astype(float)
    fit = ((1 + extra) * (wanted - users @ model.items_.T) ** 2).sum()
    of_users, of_items = (1 + extra.mean(axis=1 - a) for a in (0, 1))
    lengths = (of_users * (users**2).sum(axis=1)).sum() + (of_items * (model.items_**2).sum(axis=1)).sum()
    return float(fit + model.reg_ * lengths)


def solved(model: ALS, extra: NDArray[np.floating]) -> NDArray[np.float64]:
    items, rows = model.items_.astype(float), []
    for row in extra:
        reg = model.reg_ * (1 + row.mean()) ** model.config.reg_power
        system = (items.T * (1 + row)) @ items + reg * np.eye(items.shape[1])
        rows.append(np.linalg.solve(system, items.T @ ((1 + row) * (row > 0))))
    return np.array(rows)


def test_what_was_taken_weighs_its_share_of_what_was_not() -> None:
    entries = random_shop().matrix().by_user
    model = ALS(ALSConfig(factors=2, balance=0.3)).fit(random_shop())
    assert model.confidence_ * entries.sum() == pytest.approx(0.3 * 80 * 40, rel=1e-5)


@pytest.mark.parametrize("factors", [1, 5, 8])
def test_a_history_is_folded_in_exactly(factors: int) -> None:
    data = random_shop()
    model = ALS(ALSConfig(factors=factors, reg_power=0.5)).fit(data)
    expected = solved(model, data.matrix().by_user.toarray() * model.confidence_) @ model.items_.T
    some = data.histories.lengths > 0
    np.testing.assert_allclose(model.score(data.histories)[some], expected[some], atol=1e-5)
    assert (model.score(data.histories)[~some] == -np.inf).all()


def test_conjugate_gradient_reaches_the_loss_of_the_exact_solution() -> None:
    exact, steps = (ALS(ALSConfig(factors=6, cg_steps=n, epochs=30)).fit(random_shop()) for n in (0, 3))
    assert loss(steps) == pytest.approx(loss(exact), rel=5e-3)
    assert loss(exact) < loss(ALS(ALSConfig(factors=6, cg_steps=0, epochs=1)).fit(random_shop()))


def test_refit_goes_on_from_what_was_learned() -> None:
    model = ALS(ALSConfig(factors=6, cg_steps=0, epochs=1)).fit(random_shop())
    before = loss(model)
    assert loss(model.refit(random_shop(), epochs=5)) < before
    assert len(model.refit(random_shop(n_items=45)).items_) == 45
    with pytest.raises(InvalidInput, match="fit anew"):
        model.refit(random_shop(n_items=44))


def test_names_the_product_that_speaks_most() -> None:
    model = models.create("als", {"factors": 4}).fit(checkerboard())
    ((reason,),) = model.explain(HistoryBatch.of([[1, 1, 1, 4, 6]]), np.array([[8]], np.int32))
    assert reason.because in {4, 6}
