"""The people service's routes."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from shopkeeper.services.people.contract import (
    ConsentRequest,
    ConsentTold,
    JoinRequest,
    LessRequest,
    PageConsent,
    PauseRequest,
    People,
    PreferencesModel,
    PrivacyTold,
    StandingOut,
    StandingsRequest,
    StandingsTold,
    SwitchRequest,
)
from shopkeeper.services.people.rights import EraseRequest, ErasureTold, PersonTold
from shopkeeper.web.errors import PROBLEMS
from shopkeeper.web.shopper import Asking

ShopperId = Annotated[str, Path(min_length=1, max_length=200, description="The user, else the visitor.")]
Recipient = Annotated[str | None, Query(max_length=200, description="A public key of age, else that of the shop.")]


def create_router(people: People) -> APIRouter:
    """Return the routes over any implementation of the service."""
    router = APIRouter(prefix="/v1", tags=["people"], responses=PROBLEMS)

    @router.get("/privacy")
    async def get_privacy() -> PrivacyTold:
        """Return what the shop asks its customers, and what is wrong with its file."""
        return await people.privacy()

    @router.post("/consent", status_code=204, response_class=Response)
    async def say_consent(request: PageConsent, asker: Asking) -> None:
        """Take a yes or a no from a page: of its own visitor, and of the user whom the shop's server signed."""
        asker.check(request.user_id, request.visitor_id)
        first, *also = [name for name in (request.visitor_id, request.user_id) if name]
        await people.add_consent(first, ConsentRequest(granted=request.granted, source="page", also=also))

    _add_rights(router, people)

    @router.post("/people/standings")
    async def get_standings(request: StandingsRequest) -> StandingsTold:
        """Return what may be done for some people, each of whom can have several names."""
        standings = await people.standings(request.people)
        return StandingsTold(standings=[StandingOut.model_validate(one) for one in standings])

    @router.get("/people/{shopper_id:path}/consent")
    async def get_consent(shopper_id: ShopperId) -> ConsentTold:
        """Return what a person allows, and all that was said about it."""
        return await people.consent(shopper_id)

    @router.post("/people/{shopper_id:path}/consent", status_code=201)
    async def add_consent(shopper_id: ShopperId, request: ConsentRequest) -> ConsentTold:
        """Add a yes or a no of a person; it counts from the next request on."""
        return await people.add_consent(shopper_id, request)

    @router.post("/people/{shopper_id:path}/join", status_code=204, response_class=Response)
    async def join_visitor(shopper_id: ShopperId, request: JoinRequest) -> None:
        """Have a user stand by what they said as a visitor; a merge of both does so by itself."""
        await people.join(shopper_id, request)

    _add_preferences(router, people)
    return router


def _add_preferences(router: APIRouter, people: People) -> None:
    """Add the routes by which people say how they want lists to be."""

    @router.get("/people/{shopper_id:path}/preferences")
    async def get_preferences(shopper_id: ShopperId) -> PreferencesModel:
        """Return how a person wants lists to be."""
        return await people.preferences(shopper_id)

    @router.put("/people/{shopper_id:path}/preferences")
    async def put_preferences(shopper_id: ShopperId, preferences: PreferencesModel) -> PreferencesModel:
        """Replace how a person wants lists to be; it counts from the next list on."""
        return await people.put_preferences(shopper_id, preferences)

    @router.post("/people/{shopper_id:path}/pause")
    async def pause(shopper_id: ShopperId, request: PauseRequest) -> PreferencesModel:
        """Make lists not about a person for some days."""
        return await people.pause(shopper_id, request)

    @router.post("/people/{shopper_id:path}/switch")
    async def switch(shopper_id: ShopperId, request: SwitchRequest) -> PreferencesModel:
        """Switch lists about a person on or off."""
        return await people.switch(shopper_id, request)

    @router.post("/people/{shopper_id:path}/reset")
    async def reset(shopper_id: ShopperId) -> PreferencesModel:
        """Have lists made as for somebody new: neither what was done nor what was preferred counts any longer."""
        return await people.reset(shopper_id)

    @router.post("/people/{shopper_id:path}/less-like-this")
    async def want_less(shopper_id: ShopperId, request: LessRequest) -> PreferencesModel:
        """Put what is like a product, or in a category, behind all else."""
        return await people.less_like(shopper_id, request)

    @router.delete("/people/{shopper_id:path}/segments/{segment}")
    async def leave_segment(
        shopper_id: ShopperId, segment: Annotated[str, Path(min_length=1, max_length=200)]
    ) -> PreferencesModel:
        """Take a person out of a segment that was inferred; it counts from the next question on."""
        return await people.leave_segment(shopper_id, segment)


def _add_rights(router: APIRouter, people: People) -> None:
    """Add the routes by which a shop answers who asks what it knows, or to be forgotten."""

    @router.get("/people/erasures/{erasure_id}")
    async def get_erasure(erasure_id: Annotated[str, Path(min_length=1, max_length=100)]) -> ErasureTold:
        """Return what became of an erasure, place by place."""
        return await people.erasure(erasure_id)

    @router.post("/people/{shopper_id:path}/erase")
    async def erase_person(shopper_id: ShopperId, request: EraseRequest) -> ErasureTold:
        """Count what there is of a person in every place; with `dry_run` false, have it removed for ever.

        From then on nothing of theirs is used. The worker empties all places, and fits the models without them.
        """
        return await people.erase(shopper_id, request)

    @router.delete("/people/{shopper_id:path}/events/{event_id:path}", status_code=204, response_class=Response)
    async def correct_person(
        shopper_id: ShopperId, event_id: Annotated[str, Path(min_length=1, max_length=200)]
    ) -> None:
        """Remove one event of a person that never happened so: the right one is sent anew."""
        await people.correct(shopper_id, event_id)

    @router.get("/people/{shopper_id:path}/export")
    async def export_person(shopper_id: ShopperId) -> PersonTold:
        """Return all that the shop has about a person, by all their ids; refused where exports leave sealed."""
        return await people.export(shopper_id)

    @router.get("/people/{shopper_id:path}/export.zip", response_class=Response)
    async def export_file(shopper_id: ShopperId, recipient: Recipient = None) -> Response:
        """Return the same as a zip for the person: one JSON, and a CSV for each place.

        It is sealed for whom is named, else for whom the shop names; where nobody is, it is plain.
        """
        file = await people.export_file(shopper_id, recipient)
        headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "Cache-Control": "no-store"}
        return Response(file.content, media_type=file.media_type, headers=headers)
