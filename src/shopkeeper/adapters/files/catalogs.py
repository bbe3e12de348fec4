"""Files of products, of this engine's own form and of the shops' exports."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from duckdb import DuckDBPyConnection

from shopkeeper.adapters.files.columns import NO_CURRENCY
from shopkeeper.adapters.files.product_fields import attributes_of, list_of, parsed, plain, stock_of, time_of
from shopkeeper.adapters.files.reading import connect, stoppable
from shopkeeper.adapters.files.rejects import Problem, Reject, broken_rows, in_line_order
from shopkeeper.adapters.files.source import Source, find_files, name, open_source
from shopkeeper.data.catalog import Attribute, Product
from shopkeeper.data.gorse import LONGEST, is_unset, read_labels
from shopkeeper.kit.errors import InvalidInput, UnknownName
from shopkeeper.kit.money import Money

Row = Mapping[str, str]
"""One record: lower-case column -> text, without the empty ones."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a product file held."""

    products: list[Product] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    preset: str = ""

    @property
    def lacks_currency(self) -> bool:
        """Whether nobody said of which currency some price is."""
        return any(product.price and product.price.currency == NO_CURRENCY for product in self.products)


@dataclass(frozen=True, slots=True)
class Form:
    """One known form of product file."""

    marks: frozenset[str]
    """Columns, in lower case, by which it is recognised."""
    complete: Callable[[Iterable[tuple[int, Row]]], Iterator[tuple[int, Row]]]
    """Put together the rows that make one product."""
    build: Callable[[Row, str], Product]
    """Make a product of a row; the text is the currency of prices that name none."""


@stoppable()
def read_products(
    path: Path | str,
    preset: str | None = None,
    *,
    currency: str = NO_CURRENCY,
    header: bool | None = None,
    leave_out: Path | None = None,
) -> Catalog:
    """Return the products of a file, a folder (without `leave_out`) or a pattern; a row that is none becomes a reject.

    `currency` is that of prices that name none; `header` says whether the first line of a CSV names the columns.
    """
    files = find_files(Path(path), leave_out)
    if preset == "online-retail":
        return Catalog(list(_from_invoices(files)), preset=preset)
    if preset is not None and preset not in FORMS:
        raise UnknownName("catalogue preset", preset, CATALOG_PRESETS)
    products: list[Product] = []
    rejects: list[Reject] = []
    names: list[str] = []
    for file in files:
        connection = connect()
        source = open_source(file, connection, header=header, names=_COLUMN_NAMES)
        names.append(preset or _recognised(source))
        form = FORMS[names[-1]]
        problems: list[Problem] = []
        for number, row in form.complete(_rows(source, connection)):
            try:
                products.append(form.build(row, currency))
            except InvalidInput as error:
                problems.append((number, str(error), ",".join(row.values())))
        rejects += in_line_order(source, broken_rows(source, "broken", connection), problems, connection)
    return Catalog(products, rejects, ", ".join(dict.fromkeys(names)))


def _recognised(source: Source) -> str:
    columns = {column.lower() for column in source.columns}
    found = next((known for known, form in FORMS.items() if form.marks <= columns), None)
    if found is None:
        raise InvalidInput(
            f"{source.path} has the columns {', '.join(source.columns)}, which are no known product file; "
            "a generic one has at least item_id and title."
        )
    return found


def _rows(source: Source, connection: DuckDBPyConnection) -> list[tuple[int, Row]]:
    """Return the rows of a file, each with its number."""
    texts = ", ".join(name(column) for column in source.columns)
    found = connection.execute(f"SELECT _number, {texts} FROM {source.sql('broken')}").fetchall()
    columns = [column.lower() for column in source.columns]
    return [
        (number or place, {column: text for column, text in zip(columns, row, strict=True) if text})
        for place, (number, *row) in enumerate(found, start=1)
    ]


def _from_invoices(files: Iterable[Path]) -> Iterator[Product]:
    """Make products of UCI Online Retail: the commonest description, the median price."""
    connection = connect()
    for file in files:
        source = open_source(file, connection)
        columns = {column.lower(): name(column) for column in source.columns}
        price = columns.get("unitprice") or columns.get("price")
        if price is None or not {"stockcode", "description"} <= columns.keys():
            raise InvalidInput(f"{file} is not UCI Online Retail: it has the columns {', '.join(source.columns)}.")
        found = connection.execute(
            "SELECT item_id, mode(title ORDER BY title), median(price) FILTER (price > 0) FROM (SELECT "
            f"trim({columns['stockcode']}) AS item_id, nullif(trim({columns['description']}), '') AS title, "
            f"TRY_CAST({price} AS DOUBLE) AS price FROM {source.sql('broken')}) "
            "WHERE item_id IS NOT NULL GROUP BY item_id ORDER BY item_id"
        ).fetchall()
        for item_id, title, amount in found:
            cost = None if amount is None else Money.parse(amount, "GBP")
            yield Product(item_id=item_id, title=title or item_id, price=cost)


def _each(rows: Iterable[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    yield from rows


def _by_handle(rows: Iterable[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """Fill what Shopify writes only on a product's first row; rows without a SKU or price are further images."""
    first: dict[str, Row] = {}
    for line, row in rows:
        handle = row.get("handle") or row.get("url handle") or ""
        head = first.setdefault(handle, row)
        if head is row or any(column in row for column in ("variant sku", "sku", "variant price", "price")):
            shared = {column: text for column, text in head.items() if column not in _OF_VARIANTS}
            yield line, {**shared, **row, "first": head.get("variant sku") or head.get("sku") or handle}


def _with_parents(rows: Iterable[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """Fill a WooCommerce variation from its parent, which it names by SKU or as `id:12`."""
    kept = list(rows)
    parents = {key: row for _, row in kept for key in (row.get("sku"), f"id:{row.get('id')}") if key}
    for line, row in kept:
        parent = parents.get(row.get("parent", ""), {})
        inherited = {column: text for column, text in parent.items() if column not in ("id", "sku", "type")}
        own = {column: text for column, text in row.items() if (column, text) != ("stock", "parent")}
        if row.get("type") != "variable":
            yield line, {**inherited, **own}


def _generic(row: Row, currency: str) -> Product:
    return _product(
        row,
        currency,
        item_id="item_id",
        title="title",
        description="description",
        brand="brand",
        price="price",
        categories=list_of(row.get("category") or row.get("categories"), "|"),
        tags=list_of(row.get("tags"), "|" if "|" in row.get("tags", "") else ","),
        url="url",
        image_url="image_url",
        available=row.get("available", "true").lower() not in ("false", "0", "no"),
        stock=row.get("stock"),
        attributes=attributes_of(row.get("attributes")),
    )


def _shopify(row: Row, currency: str) -> Product:
    handle = "handle" if "handle" in row else "url handle"
    sku = "variant sku" if "variant sku" in row else "sku"
    return _product(
        row,
        currency,
        item_id=sku if sku in row else handle,
        title="title",
        description="body (html)" if "body (html)" in row else "description",
        brand="vendor",
        price="variant price" if "variant price" in row else "price",
        categories=list_of(row.get("product category") or row.get("type"), "|"),
        tags=list_of(row.get("tags"), ","),
        url="",
        image_url="image src" if "image src" in row else "product image url",
        available=row.get("status", "active").lower() == "active",
        stock=_shopify_stock(row),
        attributes={row[n]: row[v] for n, v in _SHOPIFY_OPTIONS if n in row and row.get(v, _DEFAULT) != _DEFAULT},
    )


def _shopify_stock(row: Row) -> str | None:
    """Return what is left of a variant; None where it is not counted, or sold beyond the last piece."""
    counted = "variant inventory tracker" in row or "inventory tracker" in row
    goes_on = row.get("variant inventory policy") or row.get("continue selling when out of stock") or "deny"
    if not counted or goes_on.lower() in ("continue", "true"):
        return None
    return row.get("variant inventory qty") or row.get("inventory quantity")


def _woocommerce(row: Row, currency: str) -> Product:
    price = "sale price" if "sale price" in row else "regular price"
    return _product(
        # Its prices have the shop's decimal sign, and none between thousands.
        {**row, price: row[price].replace(",", ".")} if price in row else row,
        currency,
        item_id="sku" if "sku" in row else "id",
        title="name",
        description="description" if "description" in row else "short description",
        brand="brands",
        price=price,
        categories=list_of(row.get("categories"), ","),
        tags=list_of(row.get("tags"), ","),
        url="external url",
        image_url="images",
        available=row.get("published", "1") == "1" and row.get("in stock?", "1") != "0",
        # Where orders are taken beyond the last piece, it does not sell out.
        stock=row.get("stock") if row.get("backorders allowed?", "0") == "0" else None,
        attributes={
            row[n]: values if len(values := list_of(row[v], ",")) > 1 else row[v]
            for n, v in _WOOCOMMERCE_ATTRIBUTES
            if n in row and v in row
        },
    )


def _gorse(row: Row, _currency: str) -> Product:
    item_id = _id(row, "itemid")
    labels = read_labels(parsed(row.get("labels", "")) or row.get("labels"))
    created_at = row.get("timestamp")
    return Product(
        item_id=item_id,
        title=row.get("comment", item_id)[:LONGEST],
        categories=list_of(row.get("categories"), "|"),
        tags=tuple(labels.tags),
        attributes=labels.attributes,
        available=row.get("ishidden") != "true",
        created_at=None if is_unset(created_at) else time_of(created_at),
    )


def _id(row: Row, column: str) -> str:
    if column not in row:
        raise InvalidInput(f"no {column}")
    if isinstance(parsed(row[column]), dict | list):
        raise InvalidInput(f"not an id: {row[column]}")
    return row[column]


def _product(
    row: Row,
    currency: str,
    *,
    item_id: str,
    title: str,
    description: str,
    brand: str,
    price: str,
    categories: tuple[str, ...],
    tags: tuple[str, ...],
    url: str,
    image_url: str,
    available: bool,
    stock: str | None,
    attributes: Mapping[str, Attribute],
) -> Product:
    """Build a product from the columns of these names."""
    known_as = _id(row, item_id)
    if title not in row:
        raise InvalidInput(f"no {title}")
    images = list_of(row.get(image_url), ",")
    return Product(
        item_id=known_as,
        title=row[title],
        description=plain(row.get(description, "")),
        brand=row.get(brand),
        categories=categories,
        tags=tags,
        price=Money.parse(row[price], row.get("currency", currency).upper()) if price in row else None,
        url=row.get(url),
        image_url=images[0] if images else None,
        available=available,
        available_from=time_of(row.get("available_from")),
        available_until=time_of(row.get("available_until")),
        created_at=time_of(row.get("created_at")),
        stock=stock_of(stock),
        attributes=attributes,
    )


_OF_VARIANTS = frozenset({"variant inventory qty", "inventory quantity"})
_SHOPIFY_OPTIONS = [(f"option{number} name", f"option{number} value") for number in (1, 2, 3)]
_DEFAULT = "Default Title"
"""What Shopify writes as the option of a product that has none."""
_WOOCOMMERCE_ATTRIBUTES = [(f"attribute {n} name", f"attribute {n} value(s)") for n in range(1, 21)]
FORMS = {
    "shopify": Form(frozenset({"title", "vendor", "handle"}), _by_handle, _shopify),
    "shopify-new": Form(frozenset({"title", "vendor", "url handle"}), _by_handle, _shopify),
    "woocommerce": Form(frozenset({"id", "type", "sku", "name", "published"}), _with_parents, _woocommerce),
    "gorse": Form(frozenset({"itemid", "ishidden"}), _each, _gorse),
    "generic": Form(frozenset({"item_id", "title"}), _each, _generic),
}
CATALOG_PRESETS = (*FORMS, "online-retail")
"""The names that `--as` knows together with `--catalog`."""
_COLUMN_NAMES = frozenset(column for form in FORMS.values() for column in form.marks)
