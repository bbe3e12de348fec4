"""The events service over HTTP."""

from collections.abc import Collection
from datetime import datetime
from urllib.parse import quote

from httpx import AsyncClient

from shopkeeper.data.events import EventType, type_of
from shopkeeper.data.trail import Trail
from shopkeeper.kit.clock import Clock, to_us, utc_now
from shopkeeper.services.events.contract import (
    AnyEvent,
    EventBatch,
    EventIn,
    Held,
    History,
    Judgement,
    Merged,
    MergeRequest,
    Quarantine,
    Receipt,
    Shoppers,
    Traffic,
)
from shopkeeper.web.errors import answer_of
from shopkeeper.web.remote import REPEATABLE


class EventsClient:
    """The same as `EventsService`, on another machine."""

    def __init__(self, http: AsyncClient, clock: Clock = utc_now) -> None:
        """Use a client whose base_url is that of the service."""
        self._http, self._clock = http, clock

    async def record(self, batch: EventBatch) -> Receipt:
        """Store a batch, all or none unless it is partial; an event from the future, or before 1970, is refused."""
        # An event without an id is what it says: with its time fixed here, a second try is the same event.
        now = self._clock()
        timed = [_at(event, now) for event in batch.events]
        body = batch.model_copy(update={"events": timed}).model_dump(mode="json", exclude_none=True)
        answer = await self._http.post("/v1/events", json=body, extensions=dict(REPEATABLE))
        return answer_of(answer, Receipt)

    async def merge(self, user_id: str, request: MergeRequest) -> Merged:
        """Join what a visitor did before a user signed in to the user's history; again is harmless."""
        timed = request if request.at else request.model_copy(update={"at": self._clock()})
        path, body = f"/v1/users/{quote(user_id, safe='')}/merge", timed.model_dump(mode="json")
        return answer_of(await self._http.post(path, json=body, extensions=dict(REPEATABLE)), Merged)

    async def history(
        self, shopper_id: str, *, limit: int = 50, types: Collection[EventType] = tuple(EventType)
    ) -> History:
        """Return the newest events of these types of a user or visitor."""
        asked = {"user_id": shopper_id, "limit": str(limit), "types": [kind.label for kind in types]}
        return answer_of(await self._http.get("/v1/history", params=asked), History)

    async def trail(
        self, shopper_id: str, *, limit: int = 50, types: Collection[EventType] = tuple(EventType)
    ) -> Trail:
        """Return the same as columns, oldest first: what lists are made from."""
        told = (await self.history(shopper_id, limit=limit, types=types)).events
        return Trail.of_rows(
            (one.item_id, type_of(one.type), to_us(one.at), one.quantity, one.rating, one.price_minor, one.query)
            for one in reversed(told)
        )

    async def shoppers(self, *, limit: int = 50) -> Shoppers:
        """Return the most active users and visitors."""
        asked = {"limit": str(limit)}
        return answer_of(await self._http.get("/v1/shoppers", params=asked), Shoppers)

    async def traffic(
        self, *, days: int | None = None, limit: int = 1000, types: Collection[EventType] = tuple(EventType)
    ) -> Traffic:
        """Return the products that most events of these types are about, of the last days or of all time."""
        asked = {"limit": str(limit), "types": [kind.label for kind in types]}
        asked |= {} if days is None else {"days": str(days)}
        return answer_of(await self._http.get("/v1/traffic", params=asked), Traffic)

    async def quarantine(self) -> Quarantine:
        """Return who is in question, and who was."""
        return answer_of(await self._http.get("/v1/quarantine"), Quarantine)

    async def judge(self, shopper_id: str, judgement: Judgement) -> Held:
        """Note what an operator says of somebody in question; NotFound for anybody else."""
        path = f"/v1/quarantine/{quote(shopper_id, safe='')}"
        return answer_of(await self._http.put(path, json=judgement.model_dump(mode="json")), Held)


def _at(event: AnyEvent, now: datetime) -> AnyEvent:
    if isinstance(event, EventIn):
        return event if event.at else event.model_copy(update={"at": now})
    return {"at": now.isoformat()} | event
