"""The catalogue service over HTTP."""

from collections.abc import Sequence
from urllib.parse import quote

from httpx import AsyncClient

from shopkeeper.services.catalog.contract import ProductModel, Products, Stored
from shopkeeper.web.errors import answer_of

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

    async def search(self, text: str, *, limit: int = 20) -> Products:
        """Return products whose title or id holds the text, ignoring case."""
        asked = {"q": text, "limit": str(limit)}
        return answer_of(await self._http.get("/v1/products", params=asked), Products)

    async def get(self, item_id: str) -> ProductModel:
        """Return one product; NotFound when there is none."""
        return answer_of(await self._http.get(f"/v1/products/{quote(item_id, safe='')}"), ProductModel)

    async def get_many(self, item_ids: Sequence[str]) -> dict[str, ProductModel]:
        """Return the known ones among the ids."""
        found: dict[str, ProductModel] = {}
        for start in range(0, len(item_ids), _AT_ONCE):
            asked = {"item_id": list(item_ids[start : start + _AT_ONCE])}
            part = answer_of(await self._http.get("/v1/products", params=asked), Products)
            found |= {product.item_id: product for product in part.products}
        return found
