import numpy as np
import pytest

from shopkeeper import models
from shopkeeper.data.dataset import Dataset
from shopkeeper.evaluation.gate import check, check_numbers
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.testing.checkerboard import dataset, random_shop
from shopkeeper.testing.estimator_suite import spread_out


def two_products_are_all_that_sells() -> Dataset:
    """One half takes two products first and odd things then, the other half the other way round."""
    rng = np.random.default_rng(0)
    odd = [rng.choice(np.arange(2, 40), 6, replace=False).tolist() for _ in range(200)]
    return spread_out(dataset([[0, 1, *row] if user % 2 else [*row, 0, 1] for user, row in enumerate(odd)], 40))


def test_tells_what_a_good_model_and_popularity_reach() -> None:
    data = spread_out(random_shop(n_users=200))
    found = check(models.create("popularity", {"half_life_days": 5.0}), data)
    assert found["ndcg@10"] == found["ndcg@10 of popularity"] > 0


def test_what_is_worse_than_popularity_is_refused() -> None:
    against_the_stream = models.create("user_knn", {"popularity_damping": 2.0})
    with pytest.raises(InvalidInput, match=r"user_knn is worse than popularity .* --no-check"):
        check(against_the_stream, two_products_are_all_that_sells(), metric="hr@2")


def test_scores_that_are_no_numbers_are_refused() -> None:
    data = random_shop()
    model = models.create("svd").fit(data)
    check_numbers(model, data)
    state = model.state()
    broken = {name: np.full_like(array, np.nan) for name, array in state.items()}
    with pytest.raises(InvalidInput, match="no number"):
        check_numbers(type(model).from_state(model.config, broken), data)
