"""The events service over HTTP."""

from collections.abc import Collection

from httpx import AsyncClient

from shopkeeper.data.events import EventType
from shopkeeper.services.events.contract import EventBatch, History, Receipt, Shoppers
from shopkeeper.web.errors import checked


class EventsClient:
    """The same as `EventsService`, on another machine."""

    def __init__(self, http: AsyncClient) -> None:
        """Use a client whose base_url is that of the service."""
        self._http = http

    async def record(self, batch: EventBatch) -> Receipt:
        """Store a batch, all or none."""
        body = batch.model_dump(mode="json", exclude_none=True)
        return Receipt.model_validate_json(checked(await self._http.post("/v1/events", json=body)))

    async def history(
        self, shopper_id: str, *, limit: int = 50, types: Collection[EventType] = tuple(EventType)
    ) -> History:
        """Return the newest events of these types of a user or visitor."""
        asked = {"user_id": shopper_id, "limit": str(limit), "types": [kind.label for kind in types]}
        return History.model_validate_json(checked(await self._http.get("/v1/history", params=asked)))

    async def shoppers(self, *, limit: int = 50) -> Shoppers:
        """Return the most active users and visitors."""
        asked = {"limit": str(limit)}
        return Shoppers.model_validate_json(checked(await self._http.get("/v1/shoppers", params=asked)))
