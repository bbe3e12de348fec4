"""The catalogue service's routes."""

from typing import Annotated

from fastapi import APIRouter, Query

from shopkeeper.services.catalog.contract import (
    Catalog,
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
)
from shopkeeper.web.errors import PROBLEMS


def create_router(catalog: Catalog) -> APIRouter:
    """Return the routes over any implementation of the service."""
    router = APIRouter(prefix="/v1", tags=["catalog"], responses=PROBLEMS)

    @router.put("/products")
    async def put_products(products: Products) -> Stored:
        """Store products, all or none, replacing those of the same id."""
        return await catalog.put(products)

    @router.get("/products")
    async def find_products(
        q: Annotated[str, Query(max_length=200, description="Part of a title or id, in any case.")] = "",
        item_id: Annotated[list[str] | None, Query(max_length=100, description="Or: just these.")] = None,
        category: Annotated[str | None, Query(max_length=1000, description="Only in it, or below it.")] = None,
        brand: Annotated[str | None, Query(max_length=200, description="Only of it.")] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 20,
        offset: Annotated[int, Query(ge=0, le=10_000_000, description="Leave out so many, for the next page.")] = 0,
    ) -> Products:
        """Find products by text, category and brand, in title order, or fetch some by id."""
        if item_id:
            return Products.model_construct(products=list((await catalog.get_many(item_id)).values()))
        return await catalog.search(q, category=category, brand=brand, limit=limit, offset=offset)

    @router.get("/products/{item_id:path}")
    async def get_product(item_id: str) -> ProductModel:
        """Return one product."""
        return await catalog.get(item_id)

    @router.patch("/products/{item_id:path}")
    async def change_product(item_id: str, change: ProductChange) -> ProductModel:
        """Change what is named of a product, such as its price or stock; the rest stays."""
        return await catalog.update(item_id, change)

    @router.delete("/products/{item_id:path}")
    async def remove_product(item_id: str) -> Removed:
        """Remove a product; where none is, nothing is removed, and that is no error."""
        return await catalog.remove(item_id)

    @router.get("/product-changes")
    async def get_product_changes(
        since: Annotated[int, Query(ge=0, le=2**63 - 1, description="The number that came with the last answer.")] = 0,
        limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 1000,
    ) -> Changes:
        """Return what changed in the catalogue, oldest change first: all of it from 0 on, and then what is new."""
        return await catalog.changes(since, limit=limit)

    _add_tags(router, catalog)
    return router


def _add_tags(router: APIRouter, catalog: Catalog) -> None:
    @router.get("/catalog/products/{item_id:path}/tags")
    async def get_tags(item_id: str) -> ProductTags:
        """Return what is said of a product beside what its merchant says, by whom, and how sure that is."""
        return await catalog.tags(item_id)

    @router.get("/catalog/reviews")
    async def list_reviews(
        limit: Annotated[int, Query(ge=1, le=200, description="At most so many.")] = 20,
        name: Annotated[str | None, Query(max_length=100, description="Only of this name, such as category.")] = None,
    ) -> Reviews:
        """Return what waits for a person: the unsure and much visited first, with variety."""
        return await catalog.reviews(limit=limit, name=name)

    @router.post("/catalog/reviews")
    async def decide_reviews(decisions: Decisions) -> Decided:
        """Accept, fix or skip what is said, several at once, all or none; sending it again is safe."""
        return await catalog.review(decisions)

    @router.get("/catalog/tree")
    async def get_tree() -> Tree:
        """Return the shop's categories."""
        return await catalog.tree()
