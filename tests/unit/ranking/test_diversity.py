import numpy as np
import pytest

from shopkeeper.data.catalog import Product
from shopkeeper.data.columns import Columns
from shopkeeper.ranking.candidates import HALVED_AT, Candidates
from shopkeeper.ranking.diversity import LEVELS, diversify

DOLLS, CARS = 20, 5
SHOP = Columns(
    Product(item_id=str(n), title="x", categories=("Dolls",) if n < DOLLS else ("Cars",)) for n in range(DOLLS + CARS)
)


def found(n: int = DOLLS + CARS) -> Candidates:
    """Return all dolls, then all cars, as some model ranks them."""
    place = np.arange(n)
    merit = HALVED_AT / (HALVED_AT + place)
    return Candidates(place.astype(np.int32), np.zeros(n, np.float32), np.zeros(n, np.int8), merit)


@pytest.mark.parametrize(("level", "expected"), [("none", -1), ("low", -1), ("medium", 5), ("high", 1)])
def test_the_more_diverse_the_sooner_comes_another_kind(level: str, expected: int) -> None:
    listed = diversify(found(), SHOP, LEVELS[level], 6).item_idx[:6]
    assert "".join("d" if item < DOLLS else "c" for item in listed).find("c") == expected


def test_the_best_stays_first_and_nothing_is_lost() -> None:
    listed = diversify(found(), SHOP, 0.5, 6).item_idx.tolist()
    assert (listed[0], sorted(listed)) == (0, list(range(DOLLS + CARS)))


def test_of_equals_the_better_comes_first() -> None:
    listed = diversify(found(), SHOP, 0.5, 6).item_idx.tolist()
    assert listed.index(DOLLS) < listed.index(DOLLS + 1)


def test_where_nothing_is_said_of_products_the_order_stays() -> None:
    bare = Columns(Product(item_id=str(n), title="x") for n in range(4))
    assert diversify(found(4), bare, 1.0, 4).item_idx.tolist() == [0, 1, 2, 3]
