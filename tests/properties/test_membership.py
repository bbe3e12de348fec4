"""The attack on what answers tell: a stranger guesses who, and which of their things, a shop's model learned from."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper import models, read_events
from shopkeeper.data.dataset import Dataset
from shopkeeper.estimator import Config, Scorer
from shopkeeper.testing.membership import Fit, Guesses, of_interactions, of_people

LOG = Path(__file__).parents[2] / "examples" / "online_retail" / "transactions.parquet"
REACH, TELLS = 0.60, 0.90

Shop = tuple[list[NDArray[np.int64]], int]
"""What each customer took, of all who took more than one product, and how many products there are."""
Attack = Callable[[Fit, Shop], Guesses]


@pytest.fixture(scope="module")
def shop() -> Shop:
    data = Dataset.from_log(read_events(LOG))
    rows = np.split(data.histories.item_idx, data.histories.indptr[1:-1])
    taken = [np.unique(row).astype(np.int64) for row in rows]
    return [row for row in taken if len(row) > 1], data.n_items


def by_default(data: Dataset) -> Scorer[Config]:
    return models.create("user_knn").fit(data)


def unprotected(data: Dataset) -> Scorer[Config]:
    """Let one neighbour be as loud as any."""
    return models.create("user_knn", {"loudest": 0}).fit(data)


def who(fit: Fit, shop: Shop) -> Guesses:
    people, n_items = shop
    return of_people(fit, people, n_items, 10, np.random.default_rng(0))


def what(fit: Fit, shop: Shop) -> Guesses:
    """Ask of the things of a part of the people, since each of them is asked about eight times."""
    people, n_items = shop
    return of_interactions(fit, people[:600], n_items, 10, np.random.default_rng(0))


@pytest.mark.parametrize("attack", [who, what])
def test_answers_hardly_tell_what_was_learned_from(attack: Attack, shop: Shop) -> None:
    assert attack(by_default, shop).auc() <= REACH


@pytest.mark.parametrize("attack", [who, what])
def test_the_attack_finds_out_where_nothing_protects(attack: Attack, shop: Shop) -> None:
    assert attack(unprotected, shop).auc() >= TELLS
