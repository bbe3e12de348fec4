import numpy as np
import pytest

from shopkeeper import models
from shopkeeper.testing.checkerboard import dataset


def kept(n_people: int, n_others: int = 0, **options: object) -> int:
    """Return how many factors a fit keeps, some of the users having taken nothing."""
    rng = np.random.default_rng(0)
    rows = [rng.choice(60, 6, replace=False).tolist() for _ in range(n_people)]
    model = models.create("svd", options).fit(dataset([*rows, *[[]] * n_others], 60))
    return int(model.state()["into"].shape[1])


@pytest.mark.parametrize(("n_people", "factors"), [(9, 1), (79, 1), (80, 2), (400, 10)])
def test_there_are_forty_people_for_each_factor(n_people: int, factors: int) -> None:
    assert kept(n_people) == factors


def test_who_took_nothing_stands_behind_no_factor() -> None:
    assert kept(80, n_others=40) == 2


def test_there_are_no_more_factors_than_asked_for() -> None:
    assert kept(400, factors=3) == 3


def test_few_people_make_many_factors_where_they_may() -> None:
    assert kept(40, people_per_factor=0, factors=10) == 10
