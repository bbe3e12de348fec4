"""The catalogue service over HTTP."""

from collections.abc import Sequence
from urllib.parse import quote

from httpx import AsyncClient

from shopkeeper.ports import CatalogChanges
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
    product_of,
)
from shopkeeper.web.errors import answer_of
from shopkeeper.web.remote import REPEATABLE

_AT_ONCE = 100


class CatalogClient:
    """The same as `CatalogService`, on another machine."""

    def __init__(self, http: AsyncClient) -> None:
        """Use a client whose base_url is that of the service."""
        self._http = http

    async def put(self, products: Products) -> Stored:
        """Store products, all or none, replacing those of the same id."""
        body = products.model_dump(mode="json")
        return answer_of(await self._http.put("/v1/products", json=body), Stored)

    async def update(self, item_id: str, change: ProductChange) -> ProductModel:
        """Change what is named of one product and return it whole; NotFound when there is none."""
        body = change.model_dump(mode="json", exclude_unset=True)
        return answer_of(await self._http.patch(_path(item_id), json=body), ProductModel)

    async def remove(self, item_id: str) -> Removed:
        """Remove a product; none there is no error, so that a retry is safe."""
        return answer_of(await self._http.delete(_path(item_id)), Removed)

    async def search(
        self, text: str = "", *, category: str | None = None, brand: str | None = None, limit: int = 20, offset: int = 0
    ) -> Products:
        """Return products whose title or id holds the text, ignoring case, in title order, from an offset on."""
        given = {"q": text, "category": category, "brand": brand, "limit": str(limit), "offset": str(offset)}
        asked = {name: value for name, value in given.items() if value is not None}
        return answer_of(await self._http.get("/v1/products", params=asked), Products)

    async def get(self, item_id: str) -> ProductModel:
        """Return one product; NotFound when there is none."""
        return answer_of(await self._http.get(_path(item_id)), ProductModel)

    async def get_many(self, item_ids: Sequence[str]) -> dict[str, ProductModel]:
        """Return the known ones among the ids."""
        found: dict[str, ProductModel] = {}
        for start in range(0, len(item_ids), _AT_ONCE):
            asked = {"item_id": list(item_ids[start : start + _AT_ONCE])}
            part = answer_of(await self._http.get("/v1/products", params=asked), Products)
            found |= {product.item_id: product for product in part.products}
        return found

    async def feed(self, since: int = 0, *, limit: int = 1000) -> CatalogChanges:
        """Return what `changes` returns, as the shop's own products: what lists are made from."""
        told = await self.changes(since, limit=limit)
        return CatalogChanges([product_of(product) for product in told.products], told.removed, told.number)

    async def changes(self, since: int = 0, *, limit: int = 1000) -> Changes:
        """Return the first products changed after a number, in the order of their last change; 0: after nothing."""
        asked = {"since": str(since), "limit": str(limit)}
        return answer_of(await self._http.get("/v1/product-changes", params=asked), Changes)

    async def tags(self, item_id: str) -> ProductTags:
        """Return what is said of one product beside what its merchant says; NotFound when there is none."""
        path = f"/v1/catalog/products/{quote(item_id, safe='')}/tags"
        return answer_of(await self._http.get(path), ProductTags)

    async def reviews(self, *, limit: int = 20, name: str | None = None) -> Reviews:
        """Return what waits for a person, by how unsure it is and how often it is seen, values taking turns."""
        asked = {"limit": str(limit)} | ({"name": name} if name else {})
        return answer_of(await self._http.get("/v1/catalog/reviews", params=asked), Reviews)

    async def review(self, decisions: Decisions) -> Decided:
        """Take decisions, all or none: they count at once, and taggers learn from them."""
        # Without an id of the caller's, the same said twice in a row is one decision: a retry adds nothing.
        body = decisions.model_dump(mode="json", exclude_none=True)
        answer = await self._http.post("/v1/catalog/reviews", json=body, extensions=dict(REPEATABLE))
        return answer_of(answer, Decided)

    async def tree(self) -> Tree:
        """Return the shop's categories: its own tree, else the paths that its products have."""
        return answer_of(await self._http.get("/v1/catalog/tree"), Tree)


def _path(item_id: str) -> str:
    return f"/v1/products/{quote(item_id, safe='')}"
