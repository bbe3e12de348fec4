"""Products in a SQL table."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from shopkeeper.adapters.sql.engine import products
from shopkeeper.data.catalog import Product
from shopkeeper.kit.money import Money

_AT_ONCE = 500


class SqlCatalogStore:
    """A CatalogStore in a database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def upsert(self, products_: Iterable[Product]) -> int:
        """Store all or none, replacing products of the same id; return how many."""
        rows = {product.item_id: _to_row(product) for product in products_}
        ids = list(rows)
        with self._engine.begin() as connection:
            for start in range(0, len(ids), _AT_ONCE):
                part = ids[start : start + _AT_ONCE]
                connection.execute(sa.delete(products).where(products.c.item_id.in_(part)))
                connection.execute(sa.insert(products), [rows[item_id] for item_id in part])
        return len(ids)

    def get(self, item_ids: Sequence[str]) -> dict[str, Product]:
        """Return the known ones among the ids."""
        found: dict[str, Product] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(item_ids), _AT_ONCE):
                part = item_ids[start : start + _AT_ONCE]
                rows = connection.execute(sa.select(products).where(products.c.item_id.in_(part)))
                found |= {row.item_id: _to_product(row) for row in rows}
        return found

    def all(self) -> list[Product]:
        """Return every product, in id order."""
        with self._engine.connect() as connection:
            return [_to_product(row) for row in connection.execute(sa.select(products).order_by(products.c.item_id))]

    def search(self, text: str, *, limit: int = 20) -> list[Product]:
        """Return products whose title or id holds the text, ignoring case, in title order."""
        held = products.c.searched.contains(text.casefold(), autoescape=True)
        found = sa.select(products).where(held).order_by(products.c.ordered, products.c.item_id).limit(limit)
        with self._engine.connect() as connection:
            return [_to_product(row) for row in connection.execute(found)]

    def count(self) -> int:
        """Return the number of products."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(products)) or 0


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
        "price_minor": product.price.minor if product.price else None,
        "currency": product.price.currency if product.price else None,
        "url": product.url,
        "image_url": product.image_url,
        "available": product.available,
    }


def _to_product(row: sa.Row[tuple[object, ...]]) -> Product:
    fields = dict(row._mapping)
    price_minor, currency = fields.pop("price_minor"), fields.pop("currency")
    for column in ("searched", "ordered"):
        fields.pop(column)
    fields["categories"], fields["tags"] = tuple(fields["categories"]), tuple(fields["tags"])
    return Product(**fields, price=None if price_minor is None else Money(price_minor, currency))
