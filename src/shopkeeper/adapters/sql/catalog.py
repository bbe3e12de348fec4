"""Products in a SQL table, as their merchant described them, or filled with what counts of their tags."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects import postgresql, sqlite

from shopkeeper.adapters.sql.ready import Among, Ready, of_json
from shopkeeper.adapters.sql.tables import catalog_changes, products
from shopkeeper.adapters.sql.tag_tables import tagged
from shopkeeper.data.applied import Applied
from shopkeeper.data.catalog import Attribute, Product, Variant
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.money import Money
from shopkeeper.ports import CatalogChanges

_AT_ONCE = 500
_ATTRIBUTES = TypeAdapter(dict[str, Attribute])
_VARIANTS = TypeAdapter(tuple[Variant, ...])
_READ = tuple(
    products.c[name]
    for name in (
        *("item_id", "title", "description", "brand", "categories", "tags", "attributes", "price_minor", "currency"),
        *("url", "image_url", "available", "stock", "variants", "available_from", "available_until", "created_at"),
    )
)
"""As `_to_product` takes them."""
_APPLIED = tuple(tagged.c[name] for name in ("categories", "brand", "tags", "attributes"))
"""As `applied_of` takes them."""


class SqlCatalogStore:
    """A CatalogStore in a database; with `filled`, what is read has what counts of its tags too."""

    def __init__(self, engine: sa.Engine, *, filled: bool = False) -> None:
        self._engine, self._filled = engine, filled
        self._read = (*_READ, *_APPLIED) if filled else _READ
        # Both have ON CONFLICT, each in a class of its own.
        insert = sqlite.insert(products) if engine.dialect.name == "sqlite" else postgresql.insert(products)
        self._upsert = insert.on_conflict_do_update(
            index_elements=[products.c.item_id],
            set_={column.name: insert.excluded[column.name] for column in products.c if not column.primary_key},
        )

        self._changes = Ready(engine, self._newer())
        self._some = Among(self._select(), products.c.item_id)

    def upsert(self, products_: Iterable[Product]) -> int:
        """Store all or none, replacing products of the same id; return how many."""
        rows = {product.item_id: _to_row(product) for product in products_}
        with self._alone() as connection:
            for part in _parts(list(rows)):
                connection.execute(self._upsert, [rows[item_id] for item_id in part])
                note_changes(connection, part)
        return len(rows)

    def update(self, item_id: str, change: Callable[[Product], Product]) -> Product | None:
        """Replace a product by what is made of it and return that, None when there is none."""
        own = products.c.item_id == item_id
        with self._alone() as connection:
            row = connection.execute(sa.select(*_READ).where(own)).one_or_none()
            if row is None:
                return None
            product = change(_to_product(row))
            connection.execute(sa.update(products).where(own), _to_row(product))
            note_changes(connection, [item_id])
            return product

    def remove(self, item_ids: Collection[str]) -> int:
        """Remove products; return how many there were."""
        n = 0
        with self._alone() as connection:
            for part in _parts(list(item_ids)):
                gone = sa.delete(products).where(products.c.item_id.in_(part)).returning(products.c.item_id)
                removed = connection.scalars(gone).all()
                note_changes(connection, removed)
                n += len(removed)
        return n

    @contextmanager
    def _alone(self) -> Iterator[sa.Connection]:
        """Keep other writers of the catalogue out: whoever has seen the number of a change has seen all below it."""
        is_sqlite = self._engine.dialect.name == "sqlite"
        lock = "BEGIN IMMEDIATE" if is_sqlite else "LOCK TABLE catalog_changes IN SHARE ROW EXCLUSIVE MODE"
        with self._engine.begin() as connection:
            connection.exec_driver_sql(lock)
            yield connection

    def get(self, item_ids: Sequence[str]) -> dict[str, Product]:
        """Return the known ones among the ids."""
        with self._engine.connect() as connection:
            return {row[0]: self._to_product(row) for row in self._some.rows(connection, item_ids)}

    def all(self) -> list[Product]:
        """Return every product, in id order."""
        with self._engine.connect() as connection:
            rows = connection.execute(self._select().order_by(products.c.item_id))
            return [self._to_product(row) for row in rows]

    def _select(self) -> sa.Select[Any]:
        asked = sa.select(*self._read)
        if not self._filled:
            return asked
        return asked.select_from(products.outerjoin(tagged, tagged.c.item_id == products.c.item_id))

    def _to_product(self, fields: Sequence[Any]) -> Product:
        product = _to_product(fields[: len(_READ)])
        if not self._filled or fields[len(_READ)] is None:
            return product
        return _applied(*fields[len(_READ) :]).fill(product)

    def search(
        self, text: str = "", *, category: str | None = None, brand: str | None = None, limit: int = 20, offset: int = 0
    ) -> list[Product]:
        """Return products whose title or id holds the text, ignoring case, in title order, from an offset on."""
        found = self._select().where(products.c.searched.contains(text.casefold(), autoescape=True))
        if brand is not None:
            own = products.c.brand
            # An empty brand is none: the product's own counts first, as in `Applied.fill`.
            filled = sa.func.coalesce(sa.func.nullif(own, ""), tagged.c.brand) if self._filled else own
            found = found.where(filled == brand)
        if category is not None:
            found = found.where(self._is_in_any(category))
        page = found.order_by(products.c.ordered, products.c.item_id).limit(limit).offset(offset)
        with self._engine.connect() as connection:
            return [self._to_product(row) for row in connection.execute(page)]

    def _is_in_any(self, category: str) -> sa.ColumnElement[bool]:
        own = self._is_in(category, products.c.categories)
        if not self._filled:
            return own
        is_empty = sa.cast(products.c.categories, sa.Text) == "[]"
        return sa.or_(own, sa.and_(is_empty, self._is_in(category, tagged.c.categories)))

    def _is_in(self, category: str, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        unfold = sa.func.json_each if self._engine.dialect.name == "sqlite" else sa.func.json_array_elements_text
        paths, root = unfold(column).table_valued(sa.column("value", sa.Text)), f"{category} > "
        # Not LIKE: that of SQLite ignores case.
        return sa.exists().select_from(paths).where(sa.func.substr(paths.c.value + " > ", 1, len(root)) == root)

    def count(self) -> int:
        """Return the number of products."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(products)) or 0

    def changes(self, since: int = 0, *, limit: int = 1000) -> CatalogChanges:
        """Return the first products changed after a number, in the order of their last change."""
        rows = self._changes.rows({"since": since, "most": limit})
        told = [self._to_product(fields) for _, _, *fields in rows if fields[0] is not None]
        removed = [changed_id for changed_id, _, item_id, *_ in rows if item_id is None]
        return CatalogChanges(told, removed, rows[-1][1] if rows else since)

    def _newer(self) -> sa.Select[Any]:
        asked = sa.select(catalog_changes.c.item_id, catalog_changes.c.number, *self._read)
        asked = asked.outerjoin(products, products.c.item_id == catalog_changes.c.item_id)
        if self._filled:
            asked = asked.outerjoin(tagged, tagged.c.item_id == catalog_changes.c.item_id)
        newer = asked.where(catalog_changes.c.number > sa.bindparam("since", type_=sa.BigInteger))
        return newer.order_by(catalog_changes.c.number).limit(sa.bindparam("most", type_=sa.Integer))


def note_changes(connection: sa.Connection, item_ids: Sequence[str]) -> None:
    """Say that products changed."""
    if item_ids:
        last = connection.scalar(sa.select(sa.func.max(catalog_changes.c.number))) or 0
        connection.execute(sa.delete(catalog_changes).where(catalog_changes.c.item_id.in_(item_ids)))
        numbered = [{"item_id": item_id, "number": last + n} for n, item_id in enumerate(item_ids, 1)]
        connection.execute(sa.insert(catalog_changes), numbered)


def applied_of(row: sa.Row[Any]) -> Applied:
    """Return what counts of a product's tags, from a row of `tagged`."""
    return _applied(row.categories, row.brand, row.tags, row.attributes)


def _applied(categories: Any, brand: str | None, tags: Any, attributes: Any) -> Applied:
    named = of_json(attributes)
    return Applied(
        categories=tuple(of_json(categories)),
        brand=brand,
        tags=tuple(of_json(tags)),
        attributes=_ATTRIBUTES.validate_python(named) if named else {},
    )


def _parts(item_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (item_ids[start : start + _AT_ONCE] for start in range(0, len(item_ids), _AT_ONCE))


def _to_row(product: Product) -> dict[str, object]:
    return {
        "item_id": product.item_id,
        "title": product.title,
        # The database folds only ASCII; a line break keeps a text from matching across title and id.
        "searched": f"{product.title}\n{product.item_id}".casefold(),
        "ordered": product.title.casefold(),
        "description": product.description,
        "brand": product.brand,
        "categories": list(product.categories),
        "tags": list(product.tags),
        "attributes": _ATTRIBUTES.dump_python(dict(product.attributes), mode="json"),
        "price_minor": product.price.minor if product.price else None,
        "currency": product.price.currency if product.price else None,
        "url": product.url,
        "image_url": product.image_url,
        "available": product.available,
        "stock": product.stock,
        "variants": _VARIANTS.dump_python(product.variants, mode="json"),
        "available_from": to_us(product.available_from) if product.available_from else None,
        "available_until": to_us(product.available_until) if product.available_until else None,
        "created_at": to_us(product.created_at) if product.created_at else None,
    }


def _to_product(fields: Sequence[Any]) -> Product:
    # By place, and without the checkers where there is nothing to check: a shop opens with a hundred thousand of these.
    item_id, title, description, brand, categories, tags, attributes, price_minor, currency, url, image_url, *rest = (
        fields
    )
    available, stock, variants, available_from, available_until, created_at = rest
    attributes, variants = of_json(attributes), of_json(variants)
    return Product(
        item_id=item_id,
        title=title,
        description=description,
        brand=brand,
        categories=tuple(of_json(categories)),
        tags=tuple(of_json(tags)),
        attributes=_ATTRIBUTES.validate_python(attributes) if attributes else {},
        price=None if price_minor is None else Money(price_minor, currency),
        url=url,
        image_url=image_url,
        available=bool(available),
        available_from=None if available_from is None else from_us(available_from),
        available_until=None if available_until is None else from_us(available_until),
        stock=stock,
        variants=_VARIANTS.validate_python(variants) if variants else (),
        created_at=None if created_at is None else from_us(created_at),
    )
