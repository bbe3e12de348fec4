"""The catalogue service's routes."""

from typing import Annotated

from fastapi import APIRouter, Query

from shopkeeper.services.catalog.contract import Catalog, ProductModel, Products, Stored
from shopkeeper.web.errors import PROBLEMS


def create_router(catalog: Catalog) -> APIRouter:
    """Return the routes over any implementation of the service."""
    router = APIRouter(prefix="/v1/products", tags=["catalog"], responses=PROBLEMS)

    @router.put("")
    async def put_products(products: Products) -> Stored:
        """Store products, all or none, replacing those of the same id."""
        return await catalog.put(products)

    @router.get("")
    async def find_products(
        q: Annotated[str, Query(max_length=200, description="Part of a title or id, in any case.")] = "",
        item_id: Annotated[list[str] | None, Query(max_length=100, description="Or: just these.")] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 20,
    ) -> Products:
        """Find products by text, or fetch some by id."""
        if item_id:
            return Products.model_construct(products=list((await catalog.get_many(item_id)).values()))
        return await catalog.search(q, limit=limit)

    @router.get("/{item_id:path}")
    async def get_product(item_id: str) -> ProductModel:
        """Return one product."""
        return await catalog.get(item_id)

    return router
