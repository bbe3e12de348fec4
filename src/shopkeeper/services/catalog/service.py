"""Keep the products, and find them again."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from shopkeeper.data.catalog import Attribute, Product, Variant
from shopkeeper.kit.errors import InvalidInput, NotFound
from shopkeeper.ports import CatalogChanges, CatalogStore, OffLoop
from shopkeeper.services.catalog import contract
from shopkeeper.services.catalog.contract import (
    Changes,
    ProductChange,
    ProductModel,
    Products,
    Removed,
    Stored,
    VariantModel,
    product_of,
)


class CatalogService:
    """The catalogue service over a store."""

    def __init__(self, store: CatalogStore, off_loop: OffLoop) -> None:
        self._store, self._off_loop = store, off_loop

    async def put(self, products: Products) -> Stored:
        """Store products, all or none, replacing those of the same id."""
        given = [product_of(product) for product in products.products]
        return Stored(stored=await self._off_loop(lambda: self._store.upsert(given)))

    async def update(self, item_id: str, change: ProductChange) -> ProductModel:
        """Change what is named of one product and return it whole; NotFound when there is none."""
        product = await self._off_loop(lambda: self._store.update(item_id, lambda old: _changed(old, change)))
        if product is None:
            raise _not_found(item_id)
        return _told(product)

    async def remove(self, item_id: str) -> Removed:
        """Remove a product; none there is no error, so that a retry is safe."""
        return Removed(removed=await self._off_loop(lambda: self._store.remove([item_id])))

    async def search(
        self, text: str = "", *, category: str | None = None, brand: str | None = None, limit: int = 20, offset: int = 0
    ) -> Products:
        """Return products whose title or id holds the text, ignoring case, in title order, from an offset on."""
        found = await self._off_loop(
            lambda: self._store.search(text, category=category, brand=brand, limit=limit, offset=offset)
        )
        return Products.model_construct(products=[_told(product) for product in found])

    async def get(self, item_id: str) -> ProductModel:
        """Return one product; NotFound when there is none."""
        found = await self.get_many([item_id])
        if item_id not in found:
            raise _not_found(item_id)
        return found[item_id]

    async def get_many(self, item_ids: Sequence[str]) -> dict[str, ProductModel]:
        """Return the known ones among the ids."""
        found = await self._off_loop(lambda: self._store.get(item_ids))
        return {item_id: _told(product) for item_id, product in found.items()}

    async def feed(self, since: int = 0, *, limit: int = 1000) -> CatalogChanges:
        """Return what `changes` returns, as the shop's own products: what lists are made from."""
        return await self._off_loop(lambda: self._store.changes(since, limit=limit))

    async def changes(self, since: int = 0, *, limit: int = 1000) -> Changes:
        """Return the first products changed after a number, in the order of their last change; 0: after nothing."""
        found = await self.feed(since, limit=limit)
        told = [_told(product) for product in found.products]
        return Changes.model_construct(products=told, removed=list(found.removed), number=found.number)


def _not_found(item_id: str) -> NotFound:
    return NotFound(f"There is no product {item_id!r} in the catalogue.")


def _changed(old: Product, change: ProductChange) -> Product:
    """Return the product with what the change names; the whole is checked as a new one would be."""
    fields = _told(old).model_dump() | change.model_dump(exclude_unset=True)
    try:
        return product_of(ProductModel.model_validate(fields))
    except ValidationError as error:
        found = [(".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, ")) for one in error.errors()]
        told = "; ".join(f"{place}: {what}" if place else what for place, what in found)
        raise InvalidInput(f"{told}; nothing of {old.item_id!r} was changed.") from error


def _told(product: Product) -> ProductModel:
    # Stored products were checked when they came, or come from an import with rules of its own.
    return ProductModel.model_construct(
        item_id=product.item_id,
        title=product.title,
        description=product.description,
        brand=product.brand,
        categories=list(product.categories),
        tags=list(product.tags),
        attributes=_told_attributes(product.attributes),
        price_minor=product.price.minor if product.price else None,
        currency=product.price.currency if product.price else None,
        url=product.url,
        image_url=product.image_url,
        available=product.available,
        available_from=product.available_from,
        available_until=product.available_until,
        stock=product.stock,
        variants=[_told_variant(variant) for variant in product.variants],
        created_at=product.created_at,
    )


def _told_variant(variant: Variant) -> VariantModel:
    return VariantModel.model_construct(
        variant_id=variant.variant_id,
        attributes=_told_attributes(variant.attributes),
        price_minor=variant.price.minor if variant.price else None,
        currency=variant.price.currency if variant.price else None,
        stock=variant.stock,
    )


def _told_attributes(attributes: Mapping[str, Attribute]) -> dict[str, contract.Attribute]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in attributes.items()}
