"""Gorse's routes over our services: its words are translated, and nothing is stored or decided here."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from shopkeeper.data.gorse import Words, read_labels
from shopkeeper.kit.errors import NotFound
from shopkeeper.services.catalog.contract import Catalog, Products
from shopkeeper.services.events.contract import EventBatch, Events
from shopkeeper.services.gorse.bodies import (
    GorseFeedback,
    GorseFeedbackTold,
    GorseItem,
    GorseItemPatch,
    GorseItems,
    GorseSuccess,
    GorseUser,
    GorseUserPatch,
)
from shopkeeper.services.gorse.feedback import events_of, not_kept, told
from shopkeeper.services.gorse.items import change, change_of, item_of, lost, product_of
from shopkeeper.services.gorse.lists import ItemId, N, UserId, add_lists, add_personal_lists
from shopkeeper.services.people.contract import People
from shopkeeper.services.recommendations.contract import Recommendations
from shopkeeper.web.errors import PROBLEMS, problem

_AT_ONCE, _HISTORY = 1000, 20_000

Category = Annotated[str, Path(min_length=1, max_length=200, description="The category.")]
FeedbackName = Annotated[str, Path(min_length=1, max_length=100, description="The shop's own word.")]
Items = Annotated[list[GorseItem], Body(max_length=10_000)]
Users = Annotated[list[GorseUser], Body(max_length=10_000)]
FeedbackList = Annotated[list[GorseFeedback], Body(max_length=10_000)]


def create_router(
    events: Events, catalog: Catalog, recommendations: Recommendations, people: People, words: Words
) -> APIRouter:
    """Return the routes over any implementation of the services; `words` says what names of feedback mean."""
    router = APIRouter(prefix="/api", tags=["gorse"], responses=PROBLEMS)
    _add_items(router, catalog)
    _add_people(router, events)
    _add_feedback(router, events, words)
    add_personal_lists(router, events, recommendations, words)
    add_lists(router, events, recommendations, people)
    _add_rest(router)
    return router


def _add_items(router: APIRouter, catalog: Catalog) -> None:
    @router.post("/item")
    async def insert_item(item: GorseItem) -> GorseSuccess:
        """Store a product, replacing what Gorse can say of one of the same id."""
        return await _put(catalog, [item])

    @router.post("/items")
    async def insert_items(items: Items) -> GorseSuccess:
        """Store products, all or none."""
        return await _put(catalog, items)

    @router.get("/items")
    async def get_items(
        n: N = 10,
        cursor: Annotated[str, Query(pattern="^[0-9]{0,18}$", description="From the page before.")] = "",
        q: Annotated[str, Query(max_length=200, description="Or: those whose title or id holds this text.")] = "",
    ) -> GorseItems:
        """Return all products, page by page, or find some."""
        if q:
            found = await catalog.search(q, limit=n)
            return GorseItems(cursor="", items=[item_of(product) for product in found.products])
        page = await catalog.changes(int(cursor or 0), limit=n)
        is_last = len(page.products) + len(page.removed) < n
        items = [item_of(product) for product in page.products]
        return GorseItems(cursor="" if is_last else str(page.number), items=items)

    @router.get("/item/{item_id}")
    async def get_item(item_id: ItemId) -> GorseItem:
        """Return one product."""
        return item_of(await catalog.get(item_id))

    @router.patch("/item/{item_id}")
    async def modify_item(item_id: ItemId, patch: GorseItemPatch) -> GorseSuccess:
        """Change what is named of a product; the rest stays."""
        labels = read_labels(patch.labels)
        await catalog.update(item_id, change_of(patch, item_id, labels))
        return GorseSuccess(row_affected=1, not_kept=lost(patch.comment, labels))

    @router.delete("/item/{item_id}")
    async def delete_item(item_id: ItemId) -> GorseSuccess:
        """Remove a product; what people did with it stays."""
        return GorseSuccess(row_affected=(await catalog.remove(item_id)).removed)

    @router.put("/item/{item_id}/category/{category}")
    async def insert_item_category(item_id: ItemId, category: Category) -> GorseSuccess:
        """Put a product into a category."""
        categories = dict.fromkeys([*(await catalog.get(item_id)).categories, category])
        await catalog.update(item_id, change({"categories": list(categories)}))
        return GorseSuccess(row_affected=1)

    @router.delete("/item/{item_id}/category/{category}")
    async def delete_item_category(item_id: ItemId, category: Category) -> GorseSuccess:
        """Take a product out of a category."""
        categories = [one for one in (await catalog.get(item_id)).categories if one != category]
        await catalog.update(item_id, change({"categories": categories}))
        return GorseSuccess(row_affected=1)


def _add_people(router: APIRouter, events: Events) -> None:
    @router.post("/user")
    async def insert_user(user: GorseUser) -> GorseSuccess:
        """Store nothing: a person needs no registration, and nothing is kept of one but what they did."""
        return _none_kept([user])

    @router.post("/users")
    async def insert_users(users: Users) -> GorseSuccess:
        """Store nothing, as for one person."""
        return _none_kept(users)

    @router.patch("/user/{user_id}")
    async def modify_user(user_id: UserId, patch: GorseUserPatch) -> GorseSuccess:  # noqa: ARG001 - a part of the path
        """Store nothing, as for a new person."""
        return _none_kept([patch])

    @router.get("/user/{user_id}")
    async def get_user(user_id: UserId) -> GorseUser:
        """Return a person who did something."""
        if not (await events.history(user_id, limit=1)).events:
            raise NotFound(f"Nobody called {user_id!r} did anything here, and nothing else is kept of people.")
        return GorseUser(user_id=user_id)


def _add_feedback(router: APIRouter, events: Events, words: Words) -> None:
    async def told_of(user_id: str, *, item_id: str | None = None, name: str | None = None) -> list[GorseFeedbackTold]:
        return told(await events.history(user_id, limit=_HISTORY), item_id=item_id, name=name)

    @router.post("/feedback")
    async def insert_feedback(feedback: FeedbackList) -> GorseSuccess:
        """Store what people did, all or none; the same at the same time is stored once."""
        return await _record(events, feedback, words)

    @router.put("/feedback")
    async def overwrite_feedback(feedback: FeedbackList) -> GorseSuccess:
        """Store what people did, as POST does: what happened before stays."""
        return await _record(events, feedback, words)

    @router.get("/feedback/{user_id}/{item_id}")
    async def get_feedback(user_id: UserId, item_id: ItemId) -> list[GorseFeedbackTold]:
        """Return what a person did with a product."""
        return await told_of(user_id, item_id=item_id)

    @router.get("/feedback/{feedback_type}/{user_id}/{item_id}")
    async def get_typed_feedback(
        feedback_type: FeedbackName, user_id: UserId, item_id: ItemId
    ) -> GorseFeedbackTold | dict[str, str]:
        """Return whether a person did this with a product; if not, nothing is in the answer."""
        found = await told_of(user_id, item_id=item_id, name=feedback_type)
        return found[0] if found else {}

    @router.get("/user/{user_id}/feedback")
    async def get_feedback_of_user(user_id: UserId) -> list[GorseFeedbackTold]:
        """Return what a person did."""
        return await told_of(user_id)

    @router.get("/user/{user_id}/feedback/{feedback_type}")
    async def get_typed_feedback_of_user(user_id: UserId, feedback_type: FeedbackName) -> list[GorseFeedbackTold]:
        """Return to what a person did this."""
        return await told_of(user_id, name=feedback_type)


def _add_rest(router: APIRouter) -> None:
    """Take each route with a slash at its end too, as Gorse does, and say of all others that they are not here."""
    for route in [route for route in router.routes if isinstance(route, APIRoute)]:
        path = f"{route.path.removeprefix(router.prefix)}/"
        router.add_api_route(path, route.endpoint, methods=route.methods, include_in_schema=False)

    @router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    async def refuse(request: Request) -> JSONResponse:
        asked = f"{request.method} {request.url.path}"
        return problem(501, "not_supported", f"{asked} is not supported; see docs/how-to/come-from-gorse.md.")


async def _put(catalog: Catalog, items: Sequence[GorseItem]) -> GorseSuccess:
    """Store products; of two with one id the last counts."""
    last = {item.item_id: item for item in items}
    known = await catalog.get_many(list(last))
    labels = {item_id: read_labels(item.labels) for item_id, item in last.items()}
    made = [product_of(item, labels[item_id], known.get(item_id)) for item_id, item in last.items()]
    await catalog.put(Products(products=made))
    named = dict.fromkeys(name for item in last.values() for name in lost(item.comment, labels[item.item_id]))
    return GorseSuccess(row_affected=len(items), not_kept=list(named))


def _none_kept(people: Sequence[GorseUser | GorseUserPatch]) -> GorseSuccess:
    said = {"Labels": any(one.labels for one in people), "Subscribe": any(one.subscribe for one in people)}
    said["Comment"] = any(one.comment for one in people)
    return GorseSuccess(row_affected=0, not_kept=[field for field, is_said in said.items() if is_said])


async def _record(events: Events, feedback: Sequence[GorseFeedback], words: Words) -> GorseSuccess:
    made = events_of(feedback, words)
    starts = range(0, len(made), _AT_ONCE)
    batches = [EventBatch(events=made[start : start + _AT_ONCE], create_products=True) for start in starts]
    # Each batch is stored whole or not at all; so that this holds for all together, all are checked before.
    for batch in batches if len(batches) > 1 else []:
        await events.record(batch.model_copy(update={"validate_only": True}))
    for batch in batches:
        await events.record(batch)
    return GorseSuccess(row_affected=len(made), not_kept=not_kept(feedback))
