"""Keep the products, find them again, and say what is said of them beside their merchant."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from shopkeeper.data.catalog import Attribute, Product, Variant
from shopkeeper.kit.errors import InvalidInput, NotFound, ShopkeeperError
from shopkeeper.ports import CatalogChanges, CatalogStore, OffLoop
from shopkeeper.services.catalog import contract
from shopkeeper.services.catalog.asking import product_tags, review_of, tree_out
from shopkeeper.services.catalog.contract import (
    Changes,
    Decided,
    Decisions,
    ProductChange,
    ProductModel,
    Products,
    ProductTags,
    Removed,
    Reviews,
    Stored,
    Tree,
    VariantModel,
    product_of,
)
from shopkeeper.services.catalog.together import Together
from shopkeeper.services.catalog.waiting import reviews

if TYPE_CHECKING:
    from shopkeeper.services.catalog.tagging import Tagging

Traffic = Callable[[], Awaitable[Mapping[str, int]]]
"""How much happened lately with each product."""

_LOG = logging.getLogger(__name__)


class CatalogService:
    """The catalogue service over a store.

    Lists, searches and feeds see the products filled with what counts of their tags; one product by its id is as its
    merchant described it, since that is what is edited.
    """

    def __init__(self, store: CatalogStore, tagging: "Tagging", traffic: Traffic, off_loop: OffLoop) -> None:
        """Take the filled store, and what tags the products of the same shop."""
        self._store, self._tagging, self._traffic, self._off_loop = store, tagging, traffic, off_loop
        self._together = Together(self._read)
        self._catching_up: asyncio.Task[None] | None = None
        self._is_behind = False

    async def put(self, products: Products) -> Stored:
        """Store products, all or none, replacing those of the same id."""
        given = [product_of(product) for product in products.products]
        stored = Stored(stored=await self._off_loop(lambda: self._store.upsert(given)))
        self._tag_soon()
        return stored

    async def update(self, item_id: str, change: ProductChange) -> ProductModel:
        """Change what is named of one product and return it whole; NotFound when there is none."""
        product = await self._off_loop(lambda: self._store.update(item_id, lambda old: _changed(old, change)))
        if product is None:
            raise _not_found(item_id)
        self._tag_soon()
        return _told(product)

    def _tag_soon(self) -> None:
        """Have what changed tagged without waiting for it; what a stop cuts off, the next change or worker resumes."""
        self._is_behind = True
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        while self._is_behind:
            self._is_behind = False
            try:
                await self._off_loop(self._tagging.catch_up)
            except ShopkeeperError as error:
                _LOG.warning("Products cannot be tagged: %s", error)

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
        """Return one product as its merchant described it; NotFound when there is none."""
        return _told(await self._own(item_id))

    async def _own(self, item_id: str) -> Product:
        found = await self._off_loop(lambda: self._tagging.products.get([item_id]))
        if item_id not in found:
            raise _not_found(item_id)
        return found[item_id]

    async def get_many(self, item_ids: Sequence[str]) -> dict[str, ProductModel]:
        """Return the known ones among the ids."""
        return await self._together.get(item_ids)

    async def _read(self, item_ids: Sequence[str]) -> dict[str, ProductModel]:
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

    async def tags(self, item_id: str) -> ProductTags:
        """Return what is said of one product beside what its merchant says; NotFound when there is none."""
        await self._own(item_id)
        tagging = self._tagging

        def told() -> ProductTags:
            reviews = tagging.tags.decided([item_id]).get(item_id, {})
            return product_tags(item_id, tagging.tags.told([item_id]).get(item_id), reviews, tagging.tree())

        return await self._off_loop(told)

    async def reviews(self, *, limit: int = 20, name: str | None = None) -> Reviews:
        """Return what waits for a person, by how unsure it is and how often it is seen, values taking turns."""
        traffic = await self._traffic()
        return await self._off_loop(lambda: reviews(self._tagging, traffic, limit, name))

    async def review(self, decisions: Decisions) -> Decided:
        """Take decisions, all or none: they count at once, and taggers learn from them."""
        return await self._off_loop(lambda: self._review(decisions))

    def _review(self, given: Decisions) -> Decided:
        tagging, ids = self._tagging, [one.item_id for one in given.decisions]
        products, told, newest = tagging.products.get(ids), tagging.tags.told(ids), tagging.tags.newest(ids)
        tree, made, is_again = tagging.tree(), [], []
        for place, one in enumerate(given.decisions):
            if one.item_id not in products:
                raise NotFound(f"decisions[{place}]: {_not_found(one.item_id)} Nothing was stored.")
            try:
                review, again = review_of(
                    one,
                    products[one.item_id],
                    told.get(one.item_id),
                    newest.get(one.item_id, {}).get(one.name),
                    tree,
                    tagging.clock,
                )
            except InvalidInput as error:
                raise InvalidInput(f"decisions[{place}]: {error} Nothing was stored.") from error
            newest.setdefault(one.item_id, {})[one.name] = review
            made.append(review)
            is_again.append(again)
        is_new = iter(tagging.decide([one for one, again in zip(made, is_again, strict=True) if not again]))
        accepted = sum(not again and next(is_new) for again in is_again)
        return Decided(accepted=accepted, duplicates=len(made) - accepted, review_ids=[one.review_id for one in made])

    async def tree(self) -> Tree:
        """Return the shop's categories: its own tree, else the paths that its products have."""
        return await self._off_loop(lambda: tree_out(self._tagging.tree()))


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
