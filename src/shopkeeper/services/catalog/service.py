"""Keep the products, and find them again."""

from collections.abc import Sequence

from shopkeeper.data.catalog import Product
from shopkeeper.kit.errors import NotFound
from shopkeeper.kit.money import Money
from shopkeeper.ports import CatalogStore, OffLoop
from shopkeeper.services.catalog.contract import ProductModel, Products, Stored


class CatalogService:
    """The catalogue service over a store."""

    def __init__(self, store: CatalogStore, off_loop: OffLoop) -> None:
        self._store, self._off_loop = store, off_loop

    async def put(self, products: Products) -> Stored:
        """Store products, all or none, replacing those of the same id."""
        given = [_product(product) for product in products.products]
        return Stored(stored=await self._off_loop(lambda: self._store.upsert(given)))

    async def search(self, text: str, *, limit: int = 20) -> Products:
        """Return products whose title or id holds the text, ignoring case."""
        found = await self._off_loop(lambda: self._store.search(text, limit=limit))
        return Products(products=[_told(product) for product in found])

    async def get(self, item_id: str) -> ProductModel:
        """Return one product; NotFound when there is none."""
        found = await self.get_many([item_id])
        if item_id not in found:
            raise NotFound(f"There is no product {item_id!r} in the catalogue.")
        return found[item_id]

    async def get_many(self, item_ids: Sequence[str]) -> dict[str, ProductModel]:
        """Return the known ones among the ids."""
        found = await self._off_loop(lambda: self._store.get(item_ids))
        return {item_id: _told(product) for item_id, product in found.items()}


def _product(given: ProductModel) -> Product:
    fields = given.model_dump(exclude={"price_minor", "currency", "categories", "tags"})
    price = None if given.price_minor is None else Money(given.price_minor, given.currency or "")
    return Product(**fields, categories=tuple(given.categories), tags=tuple(given.tags), price=price)


def _told(product: Product) -> ProductModel:
    # Stored products were checked when they came, or come from an import with rules of its own.
    return ProductModel.model_construct(
        item_id=product.item_id,
        title=product.title,
        description=product.description,
        brand=product.brand,
        categories=list(product.categories),
        tags=list(product.tags),
        price_minor=product.price.minor if product.price else None,
        currency=product.price.currency if product.price else None,
        url=product.url,
        image_url=product.image_url,
        available=product.available,
    )
