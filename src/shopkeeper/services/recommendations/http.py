"""The recommendations service's routes."""

from typing import Annotated

from fastapi import APIRouter, Query

from shopkeeper.services.recommendations.contract import Recommendation, Recommendations, RecommendRequest
from shopkeeper.web.errors import PROBLEMS
from shopkeeper.web.shopper import ShopperId


def create_router(recommendations: Recommendations) -> APIRouter:
    """Return the routes over any implementation of the service."""
    router = APIRouter(prefix="/v1/recommendations", tags=["recommendations"], responses=PROBLEMS)

    @router.get("")
    async def get_recommendations(
        shopper_id: ShopperId,
        n: Annotated[int, Query(ge=1, le=200, description="How many products.")] = 10,
        model: Annotated[str | None, Query(description="Which fitted model; else the configured one.")] = None,
        exclude_seen: Annotated[bool, Query(description="Leave out what the person turned to before.")] = True,
    ) -> Recommendation:
        """Return products for a person, with reasons; somebody unknown gets what is popular."""
        request = RecommendRequest(shopper_id=shopper_id, n=n, model=model, exclude_seen=exclude_seen)
        return await recommendations.recommend(request)

    return router
