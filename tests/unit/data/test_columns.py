from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.data.catalog import Product, Variant, is_available
from shopkeeper.data.columns import Columns

NOW = datetime(2024, 5, 1, tzinfo=UTC)
MOMENTS = st.none() | st.sampled_from([NOW - timedelta(seconds=1), NOW, NOW + timedelta(seconds=1)])
STOCK = st.none() | st.integers(0, 1)
PRODUCT = st.builds(
    Product,
    item_id=st.uuids().map(str),
    title=st.just("x"),
    available=st.booleans(),
    available_from=MOMENTS,
    available_until=MOMENTS,
    stock=STOCK,
    variants=st.lists(st.builds(Variant, variant_id=st.just("v"), stock=STOCK), max_size=2).map(tuple),
)


@given(st.lists(PRODUCT, max_size=8))
def test_what_can_be_bought_is_told_as_of_each_product(products: list[Product]) -> None:
    assert Columns(products).buyable(NOW).tolist() == [is_available(product, NOW) for product in products]


def test_texts_that_are_said_no_more_are_forgotten() -> None:
    columns = Columns([Product(item_id="a", title="first")])
    columns.texts("title")
    for number in range(1100):
        columns = columns.updated([Product(item_id="a", title=str(number))])
    texts = columns.texts("title")
    assert len(texts.values) < 1010
    assert texts.values[texts.code[0]] == "1099"
