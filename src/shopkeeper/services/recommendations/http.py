"""The recommendations service's routes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from shopkeeper.ranking.rules import Rule
from shopkeeper.ranking.scenario import DEFAULT, NAME
from shopkeeper.services.recommendations.contract import (
    Audience,
    NamedRule,
    Recommendation,
    Recommendations,
    RecommendationsMade,
    RecommendRequest,
    RecommendRequests,
    Rules,
    Scenarios,
)
from shopkeeper.services.recommendations.pages import of_nobody
from shopkeeper.services.recommendations.public import check, shown
from shopkeeper.web.errors import PROBLEMS
from shopkeeper.web.shopper import Asker, Asking, UserId, VisitorId, shopper_id

N = Annotated[int | None, Query(ge=1, le=200, description="How many products; else as the scenario says.")]
ItemId = Annotated[str, Path(min_length=1, max_length=200, description="The product.")]
RuleName = Annotated[str, Path(pattern=NAME, description="The rule.")]


def create_router(recommendations: Recommendations) -> APIRouter:
    """Return the routes over any implementation of the service."""
    router = APIRouter(prefix="/v1", tags=["recommendations"], responses=PROBLEMS)

    async def answer(asker: Asker, request: RecommendRequest) -> Recommendation | Response:
        check(asker, request)
        request = of_nobody(request) if asker.refuses else request
        return shown(asker, await recommendations.recommend(request))

    @router.post("/recommendations", response_model=Recommendation)
    async def make_recommendations(request: RecommendRequest, asker: Asking) -> Recommendation | Response:
        """Return products for a person and a place, with reasons; somebody unknown gets what is popular."""
        return await answer(asker, request)

    @router.post("/recommendations/batch")
    async def make_many_recommendations(requests: RecommendRequests) -> RecommendationsMade:
        """Return lists for many people at once, all or none; quicker than one after the other."""
        return await recommendations.recommend_many(requests)

    @router.get("/recommendations", response_model=Recommendation, dependencies=[Depends(shopper_id)])
    async def get_recommendations(
        asker: Asking,
        user_id: UserId = None,
        visitor_id: VisitorId = None,
        scenario: Annotated[str, Query(pattern=NAME, description="Where the list is shown.")] = DEFAULT,
        n: N = None,
        model: Annotated[str | None, Query(max_length=100, description="Which fitted model.")] = None,
        exclude_seen: Annotated[bool | None, Query(description="Leave out what the person turned to before.")] = None,
    ) -> Recommendation | Response:
        """Return products for a person: the simple form, for a list that needs no more than this."""
        request = RecommendRequest(
            scenario=scenario, user_id=user_id, visitor_id=visitor_id, n=n, model=model, exclude_seen=exclude_seen
        )
        return await answer(asker, request)

    @router.get("/items/{item_id:path}/similar", response_model=Recommendation)
    async def get_similar(
        asker: Asking, item_id: ItemId, n: N = None, user_id: UserId = None, visitor_id: VisitorId = None
    ) -> Recommendation | Response:
        """Return products like one, as the scenario `similar` says."""
        request = RecommendRequest(scenario="similar", item_id=item_id, n=n, user_id=user_id, visitor_id=visitor_id)
        return await answer(asker, request)

    @router.get("/items/{item_id:path}/bought-together", response_model=Recommendation)
    async def get_bought_together(
        asker: Asking, item_id: ItemId, n: N = None, user_id: UserId = None, visitor_id: VisitorId = None
    ) -> Recommendation | Response:
        """Return what is taken together with a product, as the scenario `bought_together` says."""
        request = RecommendRequest(
            scenario="bought_together", item_id=item_id, n=n, user_id=user_id, visitor_id=visitor_id
        )
        return await answer(asker, request)

    @router.get("/items/{item_id:path}/users")
    async def get_audience(
        item_id: ItemId,
        n: Annotated[int, Query(ge=1, le=1000, description="How many people.")] = 100,
        model: Annotated[str | None, Query(max_length=100, description="Which fitted model.")] = None,
    ) -> Audience:
        """Return the people whom a product interests most, of the thousand most active; who bought it is left out."""
        return await recommendations.audience(item_id, n=n, model=model)

    _add_merchants_routes(router, recommendations)
    return router


def _add_merchants_routes(router: APIRouter, recommendations: Recommendations) -> None:
    """Add the routes by which lists are looked into and changed."""

    @router.get("/scenarios")
    async def list_scenarios() -> Scenarios:
        """Return all scenarios as they are now, and what is wrong with files that are not used."""
        return await recommendations.scenarios()

    @router.get("/rules")
    async def list_rules() -> Rules:
        """Return all rules, in the order in which they were added."""
        return await recommendations.rules()

    @router.get("/rules/{name}")
    async def get_rule(name: RuleName) -> NamedRule:
        """Return one rule."""
        return await recommendations.rule(name)

    @router.put("/rules/{name}")
    async def put_rule(name: RuleName, rule: Rule) -> NamedRule:
        """Add or replace a rule; it counts from the next answer on."""
        return await recommendations.put_rule(name, rule)

    @router.delete("/rules/{name}", status_code=204)
    async def remove_rule(name: RuleName) -> None:
        """Remove a rule."""
        await recommendations.remove_rule(name)
