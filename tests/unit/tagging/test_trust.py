from decimal import Decimal

import pytest

from shopkeeper.data.tags import Band
from shopkeeper.tagging.budget import Budget, Price, Spent
from shopkeeper.tagging.trust import Trust


@pytest.mark.parametrize(
    ("right", "n", "band"),
    [
        (0, 0, Band.REVIEW),
        (24, 24, Band.REVIEW),
        (25, 25, Band.APPLIED),
        (190, 200, Band.APPLIED),
        (180, 200, Band.REVIEW),
        (40, 100, Band.BLANK),
    ],
)
def test_what_was_often_right_is_applied_and_what_was_mostly_wrong_is_not_said(right: int, n: int, band: Band) -> None:
    assert Trust({"a": (right, n)}).band("a") is band


def test_looks_add_up() -> None:
    trust = Trust.of([("a", True), ("a", False), ("b", True)]) + Trust({"a": (3, 3)})
    assert trust.seen == {"a": (4, 5), "b": (1, 1)}
    assert trust.confidence("a") == 5 / 7


def test_a_price_is_rounded_up_and_a_budget_kept_in_both() -> None:
    price = Price(Decimal("15.1"), Decimal(60))
    assert price.of(7, 1) == Spent(8, 166)
    budget = Budget(tokens=10, minor=1)
    assert budget.allows(Spent(10, 1_000_000))
    assert not budget.allows(Spent(11, 0))
    assert not budget.allows(Spent(0, 1_000_001))
