"""The catalogue as columns: what a filter reads, 100,000 products at a time."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import floor, log2
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.catalog import LEVELS, Attribute, Product, has_stock
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.money import minor_digits
from shopkeeper.kit.spread import Sets

Value = str | float | bool | tuple[str, ...] | None
Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]

_REMEMBERED = 64
"""Results kept of each version of the catalogue, the newest: 0.8 MB each where there are 100,000 products."""


class Kind(StrEnum):
    """What a value is."""

    NUMBER = "number"
    TEXT = "text"
    TEXTS = "list of texts"
    FLAG = "yes or no"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is said of a product."""

    kind: Kind
    read: Callable[[Product], Value]
    """None: nothing is said."""
    about: str
    """For the reference."""


def _paths(product: Product) -> tuple[str, ...]:
    levels = [path.split(LEVELS) for path in product.categories]
    return tuple(dict.fromkeys(LEVELS.join(path[: n + 1]) for path in levels for n in range(len(path))))


def _second(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _price(product: Product) -> float | None:
    price = product.price
    return price.minor / 10.0 ** minor_digits(price.currency) if price else None


def _band(product: Product) -> str | None:
    """Return the band of a price, each twice as dear as the one before: the same for whatever else is sold."""
    price = _price(product)
    return f"{floor(log2(price))} {product.price.currency}" if price and product.price else None


FIELDS: Mapping[str, Field] = {
    "item_id": Field(Kind.TEXT, lambda p: p.item_id, "the shop's own id"),
    "title": Field(Kind.TEXT, lambda p: p.title, "what customers call it"),
    "brand": Field(Kind.TEXT, lambda p: p.brand, "its brand"),
    "category": Field(Kind.TEXT, lambda p: next(iter(p.categories), None), "the whole path of its first category"),
    "categories": Field(Kind.TEXTS, _paths, "all its categories, with what each is part of"),
    "tags": Field(Kind.TEXTS, lambda p: p.tags, "the shop's own tags"),
    "price": Field(Kind.NUMBER, _price, "in whole units of its currency: 19.99"),
    "currency": Field(Kind.TEXT, lambda p: p.price.currency if p.price else None, "of the price: EUR"),
    "stock": Field(Kind.NUMBER, lambda p: p.stock, "pieces left; missing where they are not counted"),
    "available": Field(Kind.FLAG, lambda p: p.available, "whether it is sold at all"),
}
"""All that expressions and answers can name; a field is one line."""

_TIMES: Mapping[str, Field] = {
    "available_from": Field(Kind.NUMBER, lambda p: _second(p.available_from), "seconds since 1970"),
    "available_until": Field(Kind.NUMBER, lambda p: _second(p.available_until), "seconds since 1970"),
    "in_stock": Field(Kind.FLAG, has_stock, "neither it nor every variant sold out"),
}
"""What decides whether a product can be bought, besides `available`."""

PRICE_BAND, CREATED = "price band", "created_at"
_HIDDEN: Mapping[str, Field] = {
    **_TIMES,
    PRICE_BAND: Field(Kind.TEXT, _band, "each twice as dear as the one before"),
    CREATED: Field(Kind.NUMBER, lambda p: _second(p.created_at), "seconds since 1970"),
}

ATTRIBUTE, NUMBER = "attribute ", "number "
"""Before the name of an attribute: its texts, and its number, as fields."""


def field_of(name: str) -> Field:
    """Return a field by its name, or that of an attribute."""
    if name.startswith(ATTRIBUTE):
        return Field(Kind.TEXTS, lambda p: _said(p.attributes.get(name.removeprefix(ATTRIBUTE))), "")
    if name.startswith(NUMBER):
        return Field(Kind.NUMBER, lambda p: _counted(p.attributes.get(name.removeprefix(NUMBER))), "")
    return FIELDS.get(name) or _HIDDEN[name]


def _said(value: Attribute | None) -> tuple[str, ...]:
    if value is None or isinstance(value, tuple):
        return value or ()
    return (str(value).lower() if isinstance(value, bool) else str(value),)


def _counted(value: Attribute | None) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


class Texts(NamedTuple):
    """Texts as numbers: text `values[code]` is said of product `row`."""

    values: tuple[str, ...]
    """Each once."""
    code: NDArray[np.int32]
    row: NDArray[np.int32]

    def where(self, hits: Iterable[bool], n_items: int) -> Mask:
        """Return which products have a text that hits, given for each of the values."""
        hit = np.fromiter(hits, np.bool_, len(self.values))
        found = np.zeros(n_items, np.bool_)
        found[self.row[hit[self.code]]] = True
        return found

    def of(self, items: NDArray[np.int32]) -> "Texts":
        """Return the texts of some products, which are then numbered as they are listed."""
        first, last = np.searchsorted(self.row, items), np.searchsorted(self.row, items, "right")
        lengths = last - first
        held = np.arange(lengths.sum()) + np.repeat(first - np.cumsum(lengths) + lengths, lengths)
        return Texts(self.values, self.code[held], np.repeat(np.arange(len(items), dtype=np.int32), lengths))


Column = Numbers | Mask | Texts


class Columns:
    """Products in the order of a vocabulary; immutable, a change gives new ones. Columns are made when asked for."""

    def __init__(self, products: Iterable[Product] = ()) -> None:
        """Take each product once."""
        self.products = tuple(products)
        self.items = Vocabulary(product.item_id for product in self.products)
        self._made: dict[str, Column] = {}
        self._remembered: dict[Hashable, Numbers | Mask] = {}
        self._sets: dict[tuple[str, ...], Sets] = {}
        self._firsts: dict[str, NDArray[np.int32]] = {}
        self._parts: dict[tuple[str, ...], NDArray[np.int8]] = {}

    def __len__(self) -> int:
        return len(self.products)

    def updated(self, products: Iterable[Product], items: Iterable[str] = ()) -> "Columns":
        """Return these with some products changed or added, and with ids of which the catalogue knows nothing.

        Numbers of products stay; what is new joins at the end. Only what is said of the changed is read again.
        """
        changed = {product.item_id: product for product in products}
        for item_id in items:
            if item_id not in self.items and item_id not in changed:
                changed[item_id] = Product(item_id=item_id, title=item_id)
        if not changed:
            return self
        listed, is_longer = list(self.products), False
        for item_id, product in changed.items():
            place = self.items.index(item_id)
            if place < 0:
                is_longer = True
                listed.append(product)
            else:
                listed[place] = product
        new = Columns.__new__(Columns)
        new.products, new._remembered, new._sets, new._firsts, new._parts = tuple(listed), {}, {}, {}, {}
        new.items = Vocabulary(product.item_id for product in listed) if is_longer else self.items
        places = np.sort(new.items.indices(list(changed)))
        about = [new.products[place] for place in places]
        new._made = {
            name: _patched(column, places, _read(field_of(name), about), len(listed))
            for name, column in list(self._made.items())
        }
        return new

    def numbers(self, name: str) -> Numbers:
        """Return a column of numbers, shape (n_items,); NaN: nothing is said."""
        return cast("Numbers", self._column(name))

    def flags(self, name: str) -> Mask:
        """Return a column of yes or no, shape (n_items,)."""
        return cast("Mask", self._column(name))

    def texts(self, name: str) -> Texts:
        """Return a column of texts, one or many of each product."""
        return cast("Texts", self._column(name))

    def sets(self, names: tuple[str, ...]) -> Sets:
        """Return what some columns of texts say of each product, as one set of numbers."""
        if names not in self._sets:
            texts, n_codes = [self.texts(name) for name in names], 0
            row, code = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
            for one in texts:
                row.append(one.row)
                code.append(one.code + np.int32(n_codes))
                n_codes += len(one.values)
            rows = np.concatenate(row)
            indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(rows, minlength=len(self)))))
            self._sets[names] = Sets(indptr, np.concatenate(code)[np.argsort(rows, kind="stable")], n_codes)
        return self._sets[names]

    def first(self, name: str) -> NDArray[np.int32]:
        """Return the number of each product's text in a column of at most one, shape (n_items,), -1 for none."""
        if name not in self._firsts:
            texts, first = self.texts(name), np.full(len(self), -1, np.int32)
            first[texts.row] = texts.code
            self._firsts[name] = first
        return self._firsts[name]

    def parts(self, names: tuple[str, ...]) -> NDArray[np.int8]:
        """Return of which of the columns each number of `sets` is, shape (n_codes,)."""
        if names not in self._parts:
            lengths = [len(self.texts(name).values) for name in names]
            self._parts[names] = np.repeat(np.arange(len(names), dtype=np.int8), lengths)
        return self._parts[names]

    def buyable(self, at: datetime) -> Mask:
        """Return which products can be bought at a moment, shape (n_items,), as `is_available` tells of one."""
        sold = cast("Mask", self.remember("sold", lambda: self.flags("available") & self.flags("in_stock")))
        limited = self.remember("limited", self._limited)
        if not limited.any():
            return sold.copy()
        # What is not said is NaN, and no comparison with it holds.
        begun = ~(self.numbers("available_from") > at.timestamp())
        ended = self.numbers("available_until") <= at.timestamp()
        return sold & begun & ~ended

    def _limited(self) -> Mask:
        """Return which products have a time from or until which they can be bought."""
        return ~np.isnan(self.numbers("available_from")) | ~np.isnan(self.numbers("available_until"))

    def remember(self, key: Hashable, make: Callable[[], Numbers | Mask]) -> Numbers | Mask:
        """Return what was made under the key for these products, or make it."""
        found = self._remembered.pop(key, None)
        if found is None:
            found = make()
            while len(self._remembered) >= _REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)), None)
        self._remembered[key] = found
        return found

    def _column(self, name: str) -> Column:
        if name not in self._made:
            self._made[name] = _read(field_of(name), self.products)
        return self._made[name]


class Part:
    """Some products of columns, numbered as they are listed."""

    def __init__(self, columns: Columns, items: NDArray[np.int32]) -> None:
        self._columns, self._items = columns, items

    def __len__(self) -> int:
        return len(self._items)

    def numbers(self, name: str) -> Numbers:
        """Return a column of numbers, shape (n,); NaN: nothing is said."""
        return self._columns.numbers(name)[self._items]

    def flags(self, name: str) -> Mask:
        """Return a column of yes or no, shape (n,)."""
        return self._columns.flags(name)[self._items]

    def texts(self, name: str) -> Texts:
        """Return a column of texts, those alone that are said of these products."""
        of = self._columns.texts(name).of(self._items)
        used, code = np.unique(of.code, return_inverse=True)
        return Texts(tuple(of.values[text] for text in used.tolist()), code.astype(np.int32), of.row)

    def remember(self, _key: Hashable, make: Callable[[], Numbers | Mask]) -> Numbers | Mask:
        """Make it: of so few, that is quicker than to look for it."""
        return make()


def _read(field: Field, products: Sequence[Product]) -> Column:
    values = [field.read(product) for product in products]
    if field.kind is Kind.NUMBER:
        return np.array([np.nan if value is None else value for value in values], np.float64)
    if field.kind is Kind.FLAG:
        return np.array(values, np.bool_)
    codes: dict[str, int] = {}
    said = [(row, text) for row, value in enumerate(values) for text in _each(value)]
    code = np.array([codes.setdefault(text, len(codes)) for _, text in said], np.int32)
    return Texts(tuple(codes), code, np.array([row for row, _ in said], np.int32))


def _patched(old: Column, places: NDArray[np.int32], new: Column, n_items: int) -> Column:
    """Return a column in which what was said at some places, ascending, is what another says, in that order."""
    if isinstance(old, Texts) and isinstance(new, Texts):
        codes = {text: code for code, text in enumerate(old.values)}
        code_of = np.array([codes.setdefault(text, len(codes)) for text in new.values], np.int32)
        is_kept = np.ones(n_items, np.bool_)
        is_kept[places] = False
        kept = is_kept[old.row]
        code = np.concatenate((old.code[kept], code_of[new.code] if len(code_of) else new.code))
        row = np.concatenate((old.row[kept], places[new.row]))
        order = np.argsort(row, kind="stable")
        values = tuple(codes)
        if len(values) > 2 * len(code) + 1000:  # most are said no more
            used = np.unique(code)
            values = tuple(values[text] for text in used)
            code = np.searchsorted(used, code).astype(np.int32)
        return Texts(values, code[order], row[order])
    numbers, changed = cast("Numbers", old), cast("Numbers", new)
    patched = np.concatenate((numbers, np.zeros(n_items - len(numbers), numbers.dtype)))
    patched[places] = changed
    return patched


def _each(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else () if value is None else (str(value),)
