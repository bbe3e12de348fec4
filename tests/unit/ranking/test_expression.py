from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from shopkeeper.data.catalog import Product
from shopkeeper.data.columns import Columns, Kind
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.facts import TOLD, Facts
from shopkeeper.data.history import HistoryBatch
from shopkeeper.kit.money import Money
from shopkeeper.ranking.expression import factors, kept
from shopkeeper.ranking.grammar import DEEPEST, LONGEST, ExpressionError, parse

NOW = datetime(2024, 5, 1, tzinfo=UTC)
SHOP = Columns(
    [
        Product(item_id="doll", title="Red doll", brand="Acme", categories=("Toys > Dolls",), price=Money(1999, "EUR")),
        Product(item_id="car", title="Blue car", brand="Foo", categories=("Toys",), price=Money(5000, "EUR")),
        Product(item_id="lamp", title="Red lamp", categories=("Home",), price=Money(900, "JPY"), available=False),
        Product(
            item_id="gift", title="Gift", attributes={"colour": ("Red", "blue"), "width": 40, "eco": True}, stock=3
        ),
    ]
)
DONE = [(EventType.VIEW, "doll", 10), (EventType.CART, "car", 3), (EventType.VIEW, "lamp", 2)]


def facts(*done: tuple[EventType, str, float]) -> Facts:
    events = [
        Event(event_id=str(n), type=kind, at=NOW - timedelta(days=days), visitor_id="v", item_id=item)
        for n, (kind, item, days) in enumerate(done)
    ]
    return Facts(HistoryBatch.from_events(events, SHOP.items, as_of=NOW, types=TOLD), len(SHOP))


def names(text: str, *done: tuple[EventType, str, float]) -> str:
    return " ".join(np.array(SHOP.items)[kept(text, SHOP, facts(*(done or DONE)))])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('price < 50 and "Toys" in categories and not brand in ["Acme", "Foo"]', ""),
        ('price <= 50 and "Toys" in categories', "doll car"),
        ("price == 19.99", "doll"),
        ("price > 500", "lamp"),
        ("price != 50", "doll lamp gift"),
        ("not price > 30", "doll gift"),
        ("missing(price) or missing(brand)", "lamp gift"),
        ('category == "Toys > Dolls"', "doll"),
        ("brand not in ['Acme']", "car lamp gift"),
        ('title contains "RED"', "doll lamp"),
        ('item_id in ["car", "lamp", "nothing"]', "car lamp"),
        ("available", "doll car gift"),
        ("seen and not in_cart", "doll lamp"),
        ("days_since_viewed < 7", "lamp"),
        ("price in [19.99, 50]", "doll car"),
        ('"Red" in attribute("colour") and attribute("colour") contains "BL"', "gift"),
        ('number("width") < 50 and "40" in attribute("width")', "gift"),
        ('"true" in attribute("eco") and missing(number("eco"))', "gift"),
        ('missing(attribute("colour")) and missing(stock)', "doll car lamp"),
        ("false or true and price < 20 or false", "doll"),
        ("(1 if available else 0) * price + 1 >= 20.99", "doll car"),
        ("price / 0 < 1 or price - price > 0", ""),
        ("max(price, 30) == min(30, price + 30)", "doll"),
    ],
)
def test_a_filter_keeps(text: str, expected: str) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("last", "expected"), [(EventType.CART, "car"), (EventType.UNCART, ""), (EventType.PURCHASE, "")]
)
def test_what_was_taken_out_or_bought_is_not_in_the_cart(last: EventType, expected: str) -> None:
    assert names("in_cart", (EventType.CART, "car", 2), (last, "car", 1)) == expected


def test_what_was_given_back_is_refunded_until_it_is_bought_again() -> None:
    bought, back = (EventType.PURCHASE, "car", 3), (EventType.REFUND, "car", 2)
    assert names("bought and refunded", bought, back) == "car"
    assert names("refunded", bought, back, (EventType.PURCHASE, "car", 1)) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('1.5 if brand == "Acme" else 1', [1.5, 1, 1, 1]),
        ('2 if seen else 0.5 if "Toys" in categories else 1', [2, 0.5, 2, 1]),
        ("price / 10", [1.999, 5, 90, 1]),
        ("-3", [0, 0, 0, 0]),
        ("price * price * price", [1000, 1000, 1000, 1]),
    ],
)
def test_a_boost_is_a_factor_and_1_where_it_is_missing(text: str, expected: list[float]) -> None:
    done = facts((EventType.VIEW, "doll", 1), (EventType.VIEW, "lamp", 1))
    np.testing.assert_allclose(factors(text, SHOP, done), expected)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("pric < 50", "character 1: there is no field 'pric'; did you mean price"),
        ("price <", "character 8: expected a field, a number, a text in quotes or .*, found the end"),
        ("price = 5", "character 7: .* write =="),
        ("price < 5 and", "character 14: .* found the end"),
        ("1 < price < 5", "character 11: expected `and` between two comparisons"),
        ("brand == Acme", "character 10: there is no field 'Acme'.* A text needs quotes"),
        ('price < "5"', "character 9: expected a number, found a text"),
        ("price and available", "character 1: expected a test.* found price .a number."),
        ('brand < "x"', "character 1: expected a number, found brand .a text."),
        ("brand == 5", "character 7: expected two of a kind"),
        ('title contains ["a"]', "character 16: expected a text in quotes"),
        ('brand in "Acme"', r"character 10: expected a list in \[ \]"),
        ('brand in ["a", 5]', "character 16: expected a list of texts"),
        ('brand == "Acme', "a text ends with the quote it began with"),
        ("available)", r"character 10: expected the end or an operator"),
        ("price", "the whole is a number; expected a test"),
        ("__import__('os')", "character 1: expected one of the functions missing, attribute, number, min, max"),
        ("price.real < 5", r"character 6: expected a value or an operator, found '\.'"),
        ("number(price) > 1", "character 8: expected a text in quotes"),
        ("missing(5)", r"character 9: expected a field in missing"),
        ("max(price) > 1", r"character 1: expected 2 values in max"),
        ("(" * (DEEPEST + 1), f"expected at most {DEEPEST} levels"),
        ("not " * (DEEPEST + 1) + "seen", f"expected at most {DEEPEST} levels"),
        (" or ".join(["seen"] * 1000), f"at most {2 * DEEPEST} operators in a row"),
        ("x" * (LONGEST + 1), "10,001 characters; at most 10,000"),
    ],
)
def test_a_mistake_is_said_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(ExpressionError, match=sentence):
        parse(text, Kind.FLAG)


def test_what_is_everybodys_is_computed_once_for_each_catalogue() -> None:
    asked = facts()
    kept("price < 20 and not seen", SHOP, asked)
    other = np.zeros(4, np.bool_)
    assert SHOP.remember(parse("price < 20", Kind.FLAG), lambda: other) is not other
    changed = SHOP.updated([Product(item_id="doll", title="Red doll", price=Money(2500, "EUR"))])
    assert kept("price < 20", changed, asked).tolist() == [False] * 4
