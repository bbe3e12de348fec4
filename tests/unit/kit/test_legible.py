"""Numbers as people read them."""

from math import nan

import pytest

from shopkeeper.kit.legible import legible


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (1.1e-16, "0"),
        (0.99213, "0.9921"),
        (136.0, "136"),
        (8058123.4, "8,058,123"),
        (-1234.6, "-1,235"),
        (nan, "unknown"),
    ],
)
def test_is_told_with_no_more_digits_than_help(number: float, told: str) -> None:
    assert legible(number) == told
