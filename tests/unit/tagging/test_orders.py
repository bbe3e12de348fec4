import duckdb
import pytest

from shopkeeper.tagging.orders import gives_orders
from shopkeeper.tagging.texts import clean
from shopkeeper.testing.injections import Injection, injections


@pytest.mark.parametrize("one", injections(), ids=lambda one: one.title[:60].encode("unicode_escape").decode())
def test_a_title_with_an_order_is_known_or_nothing_of_the_order_is_left(one: Injection) -> None:
    assert gives_orders(one.title) or clean(one.title) == one.honest


@pytest.mark.parametrize("honest", sorted({one.honest for one in injections()}))
def test_a_title_without_an_order_is_none(honest: str) -> None:
    assert not gives_orders(honest)


@pytest.mark.parametrize(
    "text",
    [
        "Operating System: Windows 10. Users: 5",
        "Assistant teacher mug, rules of the kitchen",
        "Instructions: wash by hand. Do not iron.",
        "Print shapes laptop skin with mouse pad (multicolor) price: 299",
        "System of a Down t-shirt, prompt delivery",
        "系统：安卓 12，支持多用户。品牌：华为",
        "请勿直接放入微波炉。分类收纳盒",
    ],
)
def test_what_describes_a_product_is_no_order(text: str) -> None:
    assert not gives_orders(text)


def test_no_product_of_the_demo_gives_orders() -> None:
    titles = duckdb.execute("SELECT DISTINCT Description FROM 'examples/online_retail/transactions.parquet'").fetchall()
    assert len(titles) > 1000
    assert [title for (title,) in titles if gives_orders(str(title))] == []
