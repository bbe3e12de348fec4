"""The attack on what answers tell: a stranger guesses who, and which of their things, a shop's model learned from."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper import models, read_events
from shopkeeper.data.dataset import Dataset
from shopkeeper.estimator import Config, Scorer
from shopkeeper.testing.membership import Fit, Guesses, of_interactions, of_people

LOG = Path(__file__).parents[2] / "examples" / "online_retail" / "transactions.parquet"
REACH = 0.60
HIDING = ("user_knn", "svd", "als", "next_basket", "popularity", "personal_top")
PROTECTION = {"user_knn": "loudest", "svd": "people_per_factor", "next_basket": "loudest"}
"""Of each model that needs one, the option that protects people."""

Shop = tuple[list[NDArray[np.int64]], int]
"""What each customer took, of all who took more than one product, and how many products there are."""
Attack = Callable[[Fit, Shop], Guesses]


@pytest.fixture(scope="module")
def shop() -> Shop:
    data = Dataset.from_log(read_events(LOG))
    rows = np.split(data.histories.item_idx, data.histories.indptr[1:-1])
    taken = [np.unique(row).astype(np.int64) for row in rows]
    return [row for row in taken if len(row) > 1], data.n_items


def fitted(name: str, options: Mapping[str, object], data: Dataset) -> Scorer[Config]:
    return models.create(name, options).fit(data)


def who(fit: Fit, shop: Shop) -> Guesses:
    people, n_items = shop
    return of_people(fit, people, n_items, 10, np.random.default_rng(0))


def what(fit: Fit, shop: Shop) -> Guesses:
    """Ask of the things of a part of the people, since each of them is asked about eight times."""
    people, n_items = shop
    return of_interactions(fit, people[:600], n_items, 10, np.random.default_rng(0))


@pytest.mark.parametrize("name", HIDING)
@pytest.mark.parametrize("attack", [who, what])
def test_answers_hardly_tell_what_was_learned_from(attack: Attack, name: str, shop: Shop) -> None:
    assert attack(partial(fitted, name, {}), shop).auc() <= REACH


@pytest.mark.parametrize(
    ("attack", "name", "tells"),
    [
        (who, "user_knn", 0.9),
        (what, "user_knn", 0.9),
        (who, "svd", 0.7),
        (what, "svd", 0.9),
        (what, "next_basket", 0.8),
    ],
)
def test_the_attack_finds_out_where_nothing_protects(attack: Attack, name: str, tells: float, shop: Shop) -> None:
    assert attack(partial(fitted, name, {PROTECTION[name]: 0}), shop).auc() >= tells
