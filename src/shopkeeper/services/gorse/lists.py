"""Gorse's lists, made by our scenarios."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request

from shopkeeper.data.gorse import Words
from shopkeeper.ranking.scenario import NAME
from shopkeeper.services.events.contract import EventBatch, Events
from shopkeeper.services.gorse.bodies import GorseFeedback, GorseScore
from shopkeeper.services.gorse.feedback import meaning, recent_of
from shopkeeper.services.people.contract import People
from shopkeeper.services.recommendations.contract import Recommendation, Recommendations, RecommendRequest

_LONGEST, _KNOWN = 200, 1000
_SCENARIOS = {"popular": "home", "latest": "new_arrivals", "neighbors": "similar"}
"""What Gorse calls its lists -> our scenarios; any other name is a scenario's own."""

UserId = Annotated[str, Path(min_length=1, max_length=200, description="The customer.")]
ItemId = Annotated[str, Path(min_length=1, max_length=200, description="The product.")]
ListName = Annotated[str, Path(pattern=NAME, description="Of a scenario; also popular, latest and neighbors.")]
N = Annotated[int, Query(ge=1, le=1000, description="At most so many.")]
Session = Annotated[list[GorseFeedback], Body(max_length=1000)]


@dataclass(frozen=True, slots=True)
class _Part:
    """Which part of a list is asked for."""

    n: int
    offset: int
    categories: Sequence[str]

    def of(self, request: RecommendRequest, known: Sequence[str] = ()) -> RecommendRequest:
        """Return the request for a list that holds the part, without products that are known."""
        quoted = ('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in self.categories if one)
        wish = {
            "n": min(self.offset + self.n, _LONGEST),
            "filter": " and ".join(f"{one} in categories" for one in quoted),
            "exclude": list(dict.fromkeys(known)),
            # A list of another length has another mix, and chance shows other products in each part.
            "calibration": 0,
            "exploration": 0,
        }
        return request.model_copy(update=wish)

    def scores(self, found: Recommendation) -> list[GorseScore]:
        """Return the part of a list."""
        return [GorseScore(id=item.item_id, score=item.score) for item in found.items[self.offset :]]


async def _part(
    request: Request,
    n: N = 10,
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="Leave out so many; a list ends after 200.")] = 0,
    category: Annotated[list[str] | None, Query(max_length=10, description="Only what is in all of these.")] = None,
) -> _Part:
    """Read which part is asked for; Gorse also takes the category as the last part of the path."""
    return _Part(n, offset, [*(category or []), *filter(None, [request.path_params.get("in_category")])])


Part = Annotated[_Part, Depends(_part)]
Read = Annotated[str | None, Query(alias="user-id", max_length=200, description="Leave out what this customer knows.")]


def add_personal_lists(router: APIRouter, events: Events, recommendations: Recommendations, words: Words) -> None:
    """Add the lists for one person or visit."""

    @router.get("/recommend/{user_id}")
    @router.get("/recommend/{user_id}/{in_category}", include_in_schema=False)
    async def get_recommend(
        user_id: UserId,
        part: Part,
        write_back_type: Annotated[
            str | None, Query(alias="write-back-type", max_length=100, description="Note that the list was shown.")
        ] = None,
        x_api_version: Annotated[str, Header(description="2: with scores.")] = "",
    ) -> list[str] | list[GorseScore]:
        """Return products for a person, without those they know."""
        if write_back_type:
            meaning(write_back_type, words)
        found = await recommendations.recommend(part.of(RecommendRequest(user_id=user_id, exclude_seen=True)))
        scores = part.scores(found)
        if write_back_type and scores:
            await _note_shown(events, user_id, found.recommendation_id, scores)
        return scores if x_api_version == "2" else [score.id for score in scores]

    @router.get("/collaborative-filtering/{user_id}")
    @router.get("/collaborative-filtering/{user_id}/{in_category}", include_in_schema=False)
    async def get_collaborative_filtering(user_id: UserId, part: Part) -> list[GorseScore]:
        """Return products for a person with scores."""
        request = RecommendRequest(user_id=user_id, exclude_seen=True)
        return part.scores(await recommendations.recommend(part.of(request)))

    @router.post("/session/recommend")
    @router.post("/session/recommend/{in_category}", include_in_schema=False)
    async def recommend_for_session(feedback: Session, part: Part) -> list[GorseScore]:
        """Return products for a visit of nobody known, from what it told so far; nothing is stored."""
        request = RecommendRequest(recent=[*recent_of(feedback, words)], exclude_seen=True)
        return part.scores(await recommendations.recommend(part.of(request)))


def add_lists(router: APIRouter, events: Events, recommendations: Recommendations, people: People) -> None:
    """Add the lists for everybody, and for the page of a product."""

    async def listed(part: _Part, name: str, user_id: str | None, item_id: str | None = None) -> list[GorseScore]:
        known = await _known(events, people, user_id) if user_id else []
        everybodys = None if item_id else 0
        request = RecommendRequest(scenario=_SCENARIOS.get(name, name), item_id=item_id, personalization=everybodys)
        return part.scores(await recommendations.recommend(part.of(request, known)))

    @router.get("/popular")
    @router.get("/popular/{in_category}", include_in_schema=False)
    async def get_popular(part: Part, user_id: Read = None) -> list[GorseScore]:
        """Return what most people take."""
        return await listed(part, "popular", user_id)

    @router.get("/latest")
    @router.get("/latest/{in_category}", include_in_schema=False)
    async def get_latest(part: Part, user_id: Read = None) -> list[GorseScore]:
        """Return what came to the shop after the models were fitted, as the scenario `new_arrivals` says."""
        return await listed(part, "latest", user_id)

    @router.get("/non-personalized/{name}")
    async def get_non_personalized(name: ListName, part: Part, user_id: Read = None) -> list[GorseScore]:
        """Return a list that is the same for everybody, as the scenario of this name says."""
        return await listed(part, name, user_id)

    @router.get("/item/{item_id}/neighbors")
    @router.get("/item/{item_id}/neighbors/{in_category}", include_in_schema=False)
    async def get_neighbors(item_id: ItemId, part: Part, user_id: Read = None) -> list[GorseScore]:
        """Return products like one, as the scenario `similar` says."""
        return await listed(part, "neighbors", user_id, item_id)

    @router.get("/item-to-item/{name}/{item_id}")
    async def get_item_to_item(name: ListName, item_id: ItemId, part: Part, user_id: Read = None) -> list[GorseScore]:
        """Return products for the page of one, as the scenario of this name says."""
        return await listed(part, name, user_id, item_id)


async def _known(events: Events, people: People, user_id: str) -> list[str]:
    """Return what a customer knows, as far as they allow that it is looked at."""
    (standing,) = await people.standings([[user_id]])
    if not standing.level:
        return []
    told, reset_at = await events.history(user_id, limit=_KNOWN), standing.preferences.reset_at
    return [event.item_id for event in told.events if event.item_id and (reset_at is None or event.at > reset_at)]


async def _note_shown(events: Events, user_id: str, recommendation_id: str, scores: Sequence[GorseScore]) -> None:
    about = {"type": "impression", "user_id": user_id, "recommendation_id": recommendation_id}
    await events.record(EventBatch(events=[{**about, "item_id": score.id} for score in scores], partial=True))
