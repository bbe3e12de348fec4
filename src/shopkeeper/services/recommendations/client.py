"""The recommendations service over HTTP."""

from urllib.parse import quote

from httpx import AsyncClient, Response

from shopkeeper.ranking.rules import Rule
from shopkeeper.services.recommendations.contract import (
    Audience,
    NamedRule,
    Recommendation,
    RecommendationsMade,
    RecommendRequest,
    RecommendRequests,
    Rules,
    Scenarios,
)
from shopkeeper.web.errors import answer_of, checked
from shopkeeper.web.remote import REPEATABLE


class RecommendationsClient:
    """The same as `RecommendationsService`, on another machine."""

    def __init__(self, http: AsyncClient) -> None:
        """Use a client whose base_url is that of the service."""
        self._http = http

    async def recommend(self, request: RecommendRequest) -> Recommendation:
        """Return products for a person; NotFound for a named model nobody fitted, NotFitted for the shop's own."""
        return answer_of(await self._recommend(request), Recommendation)

    async def recommend_json(self, request: RecommendRequest) -> bytes:
        """Return what `recommend` returns, as JSON: for who only passes it on."""
        return checked(await self._recommend(request))

    async def _recommend(self, request: RecommendRequest) -> Response:
        body = request.model_dump(mode="json", exclude_defaults=True)
        return await self._http.post("/v1/recommendations", json=body, extensions=REPEATABLE)

    async def recommend_many(self, requests: RecommendRequests) -> RecommendationsMade:
        """Return what `recommend` returns of each, all or none; quicker than one after the other."""
        body = requests.model_dump(mode="json", exclude_defaults=True)
        answer = await self._http.post("/v1/recommendations/batch", json=body, extensions=REPEATABLE)
        return answer_of(answer, RecommendationsMade)

    async def audience(self, item_id: str, *, n: int = 100, model: str | None = None) -> Audience:
        """Return the n people, of the thousand most active, whom a product interests most; NotFound if unknown."""
        asked = {"n": str(n)} | ({"model": model} if model else {})
        answer = await self._http.get(f"/v1/items/{quote(item_id, safe='')}/users", params=asked)
        return answer_of(answer, Audience)

    async def scenarios(self) -> Scenarios:
        """Return all scenarios as they are now."""
        return answer_of(await self._http.get("/v1/scenarios"), Scenarios)

    async def rules(self) -> Rules:
        """Return all rules."""
        return answer_of(await self._http.get("/v1/rules"), Rules)

    async def rule(self, name: str) -> NamedRule:
        """Return one rule; NotFound when there is none."""
        return answer_of(await self._http.get(_of(name)), NamedRule)

    async def put_rule(self, name: str, rule: Rule) -> NamedRule:
        """Add or replace a rule; it counts from the next answer on."""
        body = rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return answer_of(await self._http.put(_of(name), json=body), NamedRule)

    async def remove_rule(self, name: str) -> None:
        """Remove a rule; NotFound when there is none."""
        checked(await self._http.delete(_of(name)))


def _of(name: str) -> str:
    return f"/v1/rules/{quote(name, safe='')}"
