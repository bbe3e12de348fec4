"""Filters and boosts over all products at once: one pass of numpy for each operator, what is everybody's kept.

A missing value equals nothing, is in nothing, contains nothing, and is neither below nor above anything; `!=`,
`not in` and `not` are the opposite of what they negate, so they hold for it. Arithmetic with it gives a missing
value, and so does a division by zero.
"""

import operator
from collections.abc import Callable, Hashable, Mapping
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.columns import Columns, Kind, Mask, Numbers, Part, Texts
from shopkeeper.data.facts import Facts
from shopkeeper.data.history import HistoryBatch
from shopkeeper.ranking.grammar import Node, parse

LARGEST = 1_000.0
"""A boost beyond this, or below 0, is cut."""

_Array = Mask | Numbers


class Table(Protocol):
    """Rows of anything that expressions can ask about."""

    def __len__(self) -> int: ...

    def numbers(self, name: str) -> Numbers:
        """Return a column of numbers; NaN: nothing is said."""

    def flags(self, name: str) -> Mask:
        """Return a column of yes or no."""

    def texts(self, name: str) -> Texts:
        """Return a column of texts."""

    def remember(self, key: Hashable, make: Callable[[], Numbers | Mask]) -> Numbers | Mask:
        """Return what was made under the key, or make it."""


_Columns = Columns | Part | Table


def _divided(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(right == 0, np.nan, np.true_divide(left, right))


def _either(yes: _Array, test: Mask, no: _Array) -> _Array:
    return np.where(test, yes, no)


_OPERATIONS: Mapping[str, Callable[..., _Array]] = {
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "if": _either,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "negative": operator.neg,
    "min": np.minimum,
    "max": np.maximum,
}


def kept(text: str, columns: Columns, facts: Facts) -> Mask:
    """Return which products a filter keeps, shape (n_items,)."""
    return _of_all(parse(text, Kind.FLAG), columns, facts).astype(np.bool_)


def held(node: Node, table: Table) -> Mask:
    """Return for which rows a test holds, shape (n,)."""
    return _each(_made(node, table, Facts(HistoryBatch.of([]), 0)), len(table)).astype(np.bool_)


def factors(text: str, columns: Columns, facts: Facts) -> Numbers:
    """Return the factor of each product that a boost gives, shape (n_items,), 0 to `LARGEST`; 1 where it is missing."""
    made = _of_all(parse(text, Kind.NUMBER), columns, facts).astype(np.float64)
    return np.clip(np.where(np.isnan(made), 1.0, made), 0.0, LARGEST)


def _of_all(node: Node, columns: Columns, facts: Facts) -> _Array:
    """Return the value for each product, shape (n_items,), not to be written to.

    A product that a person has not touched is to them as it is to somebody who did nothing, and that is remembered.
    """
    if not node.personal:
        return _each(_value(node, columns, facts), len(columns))
    to_nobody = columns.remember(
        (node, facts.stamp), lambda: _each(_made(node, columns, facts.of_nobody()), len(columns)).copy()
    )
    touched = np.unique(facts.history.item_idx)
    if not len(touched):
        return to_nobody
    value = to_nobody.copy()
    value[touched] = _made(node, Part(columns, touched), facts.about(touched))
    return value


def _each(value: _Array, n_items: int) -> _Array:
    return cast("_Array", np.broadcast_to(value, n_items))


def _value(node: Node, columns: _Columns, facts: Facts) -> _Array:
    if node.personal or node.op in ("value", "field"):
        return _made(node, columns, facts)
    return columns.remember(node, lambda: _made(node, columns, facts))


def _made(node: Node, columns: _Columns, facts: Facts) -> _Array:
    """Return the value for each product; a number that is written out stays one number."""
    if not node.args:
        return _leaf(node, columns, facts)
    if node.op == "missing":
        return _missing(node.args[0], columns, facts)
    if node.op in ("in", "contains") or (node.op == "==" and node.args[0].kind is Kind.TEXT):
        return _found(node, columns, facts, len(columns))
    # What is everybody's below a personal operator is remembered as a whole, and not in its parts.
    inner = _value if node.personal else _made
    with np.errstate(all="ignore"):
        made: _Array = _OPERATIONS[node.op](*(inner(arg, columns, facts) for arg in node.args))
    return made


def _leaf(node: Node, columns: _Columns, facts: Facts) -> _Array:
    name = str(node.value)
    if node.op == "value":
        return np.array(node.value)
    if node.op == "fact":
        return facts[name]
    return columns.numbers(name) if node.kind is Kind.NUMBER else columns.flags(name)


def _missing(node: Node, columns: _Columns, facts: Facts) -> Mask:
    if node.kind is Kind.NUMBER:
        return np.isnan(_made(node, columns, facts))
    if node.kind is Kind.FLAG:
        return np.zeros(len(columns), np.bool_)
    texts = columns.texts(str(node.value))
    return ~texts.where((True for _ in texts.values), len(columns))


def _found(node: Node, columns: _Columns, facts: Facts, n_items: int) -> Mask:
    """Return where a text, or a number of a list, is found: asked of each text once, however many products have it."""
    left, right = node.args
    listed = right.value if isinstance(right.value, tuple) else (right.value,)
    if left.kind is Kind.NUMBER:
        return np.isin(_made(left, columns, facts), listed)
    if left.op == "value" and right.op in ("value", "list"):
        return np.full(n_items, left.value in listed)
    field, other = (right, left) if right.kind is Kind.TEXTS else (left, right)
    texts = columns.texts(str(field.value))
    if node.op == "contains":
        part = str(other.value).casefold()
        return texts.where((part in value.casefold() for value in texts.values), n_items)
    wanted = set(other.value if isinstance(other.value, tuple) else (other.value,))
    return texts.where((value in wanted for value in texts.values), n_items)
