"""Whole columns at once give what one product after the other gives."""

import math
from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.data.catalog import Product
from shopkeeper.data.columns import FIELDS, Columns, Kind
from shopkeeper.data.events import EventType
from shopkeeper.data.facts import Facts
from shopkeeper.data.history import HistoryBatch
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.money import Money
from shopkeeper.ranking.expression import factors, kept
from shopkeeper.ranking.grammar import Node, parse

NOW = datetime(2024, 5, 1, tzinfo=UTC)
BRANDS = ("Acme", "Foo", "b\"a'r", "红")
PATHS = ("Toys", "Toys > Dolls", "Toys > Dolls > Small", "Home")
Plain = float | bool | str | None

products = st.lists(
    st.builds(
        Product,
        item_id=st.uuids().map(str),
        title=st.sampled_from(["Red doll", "red", "Blue STRASSE", ""]),
        brand=st.none() | st.sampled_from(BRANDS),
        categories=st.lists(st.sampled_from(PATHS), max_size=2).map(tuple),
        tags=st.lists(st.sampled_from(["new", "sale"]), max_size=2).map(tuple),
        price=st.none() | st.integers(0, 9).map(lambda minor: Money(minor * 50, "EUR")),
        available=st.booleans(),
    ),
    max_size=6,
)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


texts = st.sampled_from([*BRANDS, *PATHS, "new", "RED", "strasse", ""]).map(quoted)
written = st.sampled_from(["0", "1", "0.5", "2.25", "7"])
named_numbers = st.sampled_from(["price", "times_bought", "days_since_viewed", "days_since_bought"])
named_flags = st.sampled_from(["available", "seen", "viewed", "bought", "in_cart", "refunded", "favorite", "true"])
one_text = st.sampled_from(["brand", "category", "title"])
comparisons = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def lists(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=3).map(lambda found: f"[{', '.join(found)}]")


def numbers(depth: int) -> st.SearchStrategy[str]:
    if not depth:
        return written | named_numbers
    inner = numbers(depth - 1)
    return st.one_of(
        inner,
        inner.map(lambda a: f"-({a})"),
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
        st.tuples(inner, conditions(depth - 1), inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
    )


def conditions(depth: int) -> st.SearchStrategy[str]:
    simple = st.one_of(
        named_flags,
        st.tuples(numbers(0), comparisons, numbers(0)).map(" ".join),
        st.tuples(
            st.sampled_from(["brand", "category", "title"]), st.sampled_from(["==", "!=", "contains"]), texts
        ).map(" ".join),
        st.tuples(st.sampled_from(["brand", "category"]), st.sampled_from(["in", "not in"]), lists(texts)).map(
            " ".join
        ),
        st.tuples(numbers(0), st.sampled_from(["in", "not in"]), lists(written)).map(" ".join),
        st.tuples(texts, st.sampled_from(["in", "not in"]), st.sampled_from(["categories", "tags"])).map(" ".join),
        st.tuples(st.sampled_from(["categories", "tags"]), st.just("contains"), texts).map(" ".join),
        st.sampled_from(["brand", "price", "categories", "days_since_viewed", "seen"]).map("missing({})".format),
    )
    if not depth:
        return simple
    inner = conditions(depth - 1)
    return st.one_of(
        simple,
        inner.map(lambda a: f"not ({a})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        st.tuples(numbers(depth), comparisons, numbers(depth)).map(" ".join),
    )


@st.composite
def histories(draw: st.DrawFn, n_items: int) -> HistoryBatch:
    n_events = draw(st.integers(0, 6)) if n_items else 0
    items = draw(st.lists(st.integers(0, max(0, n_items - 1)), min_size=n_events, max_size=n_events))
    kinds = draw(st.lists(st.sampled_from(list(EventType)), min_size=n_events, max_size=n_events))
    history = HistoryBatch.of([items])
    return HistoryBatch(
        history.indptr,
        history.item_idx,
        np.array(kinds, np.int8),
        np.arange(n_events, dtype=np.int64) * 43_200_000_000,
        history.quantity,
        history.rating,
        np.array([7 * 86_400_000_000], np.int64),
        history.user_idx,
    )


def plainly(node: Node, product: Product, row: int, facts: Facts) -> Plain | tuple[str, ...]:  # noqa: PLR0911 - a case each
    """Evaluate for one product, None for missing: the definition, in as few words as there are."""
    if node.op == "field":
        return FIELDS[str(node.value)].read(product)
    if node.op == "fact":
        found = facts[str(node.value)][row].item()
        return None if isinstance(found, float) and math.isnan(found) else found
    if node.op in ("value", "list"):
        return node.value  # type: ignore[return-value]  # a list is only looked into
    if node.op == "if":
        yes, test, no = node.args
        return plainly(yes if plainly(test, product, row, facts) else no, product, row, facts)
    values = [plainly(arg, product, row, facts) for arg in node.args]
    if node.op == "missing":
        return values[0] is None or values[0] == ()
    if node.op == "not":
        return not values[0]
    if node.op in ("and", "or"):
        return bool(values[0] and values[1]) if node.op == "and" else bool(values[0] or values[1])
    if None in values:
        return False if node.kind is Kind.FLAG else None
    return compute(node.op, *values)


def compute(op: str, a: object, b: object = None) -> Plain:
    if op == "contains":
        return any(str(b).casefold() in one.casefold() for one in ([a] if isinstance(a, str) else a))  # type: ignore[attr-defined]  # checked by then
    if op == "in":
        return a in b  # type: ignore[operator]  # checked by then
    if op == "==":
        return a == b
    assert isinstance(a, (int, float))
    if op == "negative":
        return -a
    assert isinstance(b, (int, float))
    if op == "/":
        return a / b if b else None
    found: dict[str, Plain] = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}
    found |= {"+": a + b, "-": a - b, "*": a * b, "min": min(a, b), "max": max(a, b)}
    return found[op]


@given(products, st.data())
def test_a_filter_keeps_what_it_says_of_each_product(listed: list[Product], data: st.DataObject) -> None:
    text, history = data.draw(conditions(2)), data.draw(histories(len(listed)))
    facts = Facts(history, len(listed))
    expected = [bool(plainly(parse(text, Kind.FLAG), one, row, facts)) for row, one in enumerate(listed)]
    assert kept(text, Columns(listed), facts).tolist() == expected


@given(products, st.data())
def test_a_boost_is_what_it_says_of_each_product(listed: list[Product], data: st.DataObject) -> None:
    text, history = data.draw(numbers(2)), data.draw(histories(len(listed)))
    facts = Facts(history, len(listed))
    made = [plainly(parse(text, Kind.NUMBER), one, row, facts) for row, one in enumerate(listed)]
    expected = [1.0 if value is None else min(max(float(value), 0.0), 1000.0) for value in made]  # type: ignore[arg-type]  # checked by then
    np.testing.assert_allclose(factors(text, Columns(listed), facts), expected)


@given(st.text("priceband <>=()[]\"'\\0.5,+-*/not inorelsf", max_size=60) | st.text(max_size=40))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    facts = Facts(HistoryBatch.of([[]]), 1)
    try:
        assert kept(text, Columns([Product(item_id="a", title="A")]), facts).shape == (1,)
    except InvalidInput as error:
        assert str(error)


@given(products, products, st.data())
def test_columns_after_a_change_are_those_of_a_fresh_start(
    before: list[Product], after: list[Product], data: st.DataObject
) -> None:
    changed = [one for one in before if data.draw(st.booleans())] + after
    old = Columns(before)
    text, facts = data.draw(conditions(1)), Facts(HistoryBatch.of([[]]), len(before) + len(after))
    kept(text, old, Facts(HistoryBatch.of([[]]), len(before)))
    new = old.updated(changed, ["unknown"])
    assert new.items[len(new) - 1] == "unknown"
    facts = Facts(HistoryBatch.of([[]]), len(new))
    assert kept(text, new, facts).tolist() == kept(text, Columns(new.products), facts).tolist()
