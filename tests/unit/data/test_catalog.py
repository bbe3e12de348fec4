"""When a product can be bought."""

from datetime import UTC, datetime, timedelta

import pytest

from shopkeeper.data.catalog import Product, Variant, is_available

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
GONE, LEFT, UNCOUNTED = (Variant(variant_id="v", stock=stock) for stock in (0, 1, None))


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        (Product(item_id="a", title="A"), True),
        (Product(item_id="a", title="A", available=False, stock=5), False),
        (Product(item_id="a", title="A", stock=0), False),
        (Product(item_id="a", title="A", stock=1), True),
        (Product(item_id="a", title="A", available_from=NOW), True),
        (Product(item_id="a", title="A", available_from=NOW + MOMENT), False),
        (Product(item_id="a", title="A", available_until=NOW), False),
        (Product(item_id="a", title="A", available_until=NOW + MOMENT), True),
        (Product(item_id="a", title="A", variants=(GONE, GONE)), False),
        (Product(item_id="a", title="A", variants=(GONE, LEFT)), True),
        (Product(item_id="a", title="A", variants=(GONE, UNCOUNTED)), True),
        (Product(item_id="a", title="A", stock=0, variants=(LEFT,)), False),
    ],
)
def test_what_can_be_bought(product: Product, expected: bool) -> None:
    assert is_available(product, NOW) is expected
