"""The events service's routes."""

from typing import Annotated, get_args

from fastapi import APIRouter, Path, Query

from shopkeeper.data.events import EventType
from shopkeeper.services.events.contract import (
    EventBatch,
    EventKind,
    Events,
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
from shopkeeper.services.events.foreign import Ga4Body, SegmentBody, Translated, from_ga4, from_segment
from shopkeeper.services.events.public import told_by
from shopkeeper.web.direct import Direct
from shopkeeper.web.errors import PROBLEMS
from shopkeeper.web.shopper import Asking, ShopperId

Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many.")]
AtMost = Annotated[int, Query(ge=1, le=20_000, description="At most so many.")]
Types = Annotated[list[EventKind], Query(description="Only these types; may be repeated.")]
_ALL: list[EventKind] = list(get_args(EventKind))


def create_router(events: Events) -> APIRouter:
    """Return the routes over any implementation of the service."""
    router = APIRouter(prefix="/v1", tags=["events"], responses=PROBLEMS)

    async def record_events(batch: EventBatch, asker: Asking) -> Receipt:
        """Store events, all or none unless `partial`; with event ids, sending them again is safe."""
        return await events.record(told_by(asker, batch))

    router.add_api_route("/events", record_events, methods=["POST"], status_code=201, route_class_override=Direct)

    @router.post("/events/ga4", status_code=201)
    async def record_ga4(body: Ga4Body) -> Receipt:
        """Take a body of Google Analytics 4's Measurement Protocol as it is; what can be used of it is stored."""
        return await _record(events, from_ga4(body))

    @router.post("/events/segment", status_code=201)
    async def record_segment(body: SegmentBody) -> Receipt:
        """Take a body of Segment's batch API as it is; what can be used of it is stored."""
        return await _record(events, from_segment(body))

    @router.post("/users/{user_id:path}/merge")
    async def merge_visitor(user_id: Annotated[str, Path(max_length=200)], request: MergeRequest) -> Merged:
        """Join what a visitor did before a user signed in to the user's history; again is harmless."""
        return await events.merge(user_id, request)

    @router.get("/history")
    async def get_history(shopper_id: ShopperId, limit: AtMost = 50, types: Types = _ALL) -> History:
        """Return what a person did, newest first."""
        return await events.history(shopper_id, limit=limit, types=[EventType[kind.upper()] for kind in types])

    @router.get("/shoppers")
    async def list_shoppers(limit: Limit = 50) -> Shoppers:
        """Return the most active persons."""
        return await events.shoppers(limit=limit)

    @router.get("/traffic")
    async def list_traffic(
        days: Annotated[int | None, Query(ge=1, le=36_500, description="Only of the last days.")] = None,
        limit: Annotated[int, Query(ge=1, le=1_000_000, description="At most so many.")] = 1000,
        types: Types = _ALL,
    ) -> Traffic:
        """Return the products that most events are about."""
        return await events.traffic(days=days, limit=limit, types=[EventType[kind.upper()] for kind in types])

    @router.get("/quarantine")
    async def list_quarantine() -> Quarantine:
        """Return who looks as if made up: models learn without them until they are released."""
        return await events.quarantine()

    @router.put("/quarantine/{shopper_id:path}")
    async def judge_shopper(
        shopper_id: Annotated[str, Path(min_length=1, max_length=200, description="The person.")], judgement: Judgement
    ) -> Held:
        """Confirm or release somebody in question."""
        return await events.judge(shopper_id, judgement)

    return router


async def _record(events: Events, translated: Translated) -> Receipt:
    for user_id, request in translated.merges:
        await events.merge(user_id, request)
    if translated.batch is None:
        return Receipt(accepted=0, duplicates=0, event_ids=[], ignored=translated.ignored)
    receipt = await events.record(translated.batch)
    return receipt.model_copy(update={"ignored": translated.ignored})
