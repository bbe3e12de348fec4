"""The recommendations service over HTTP."""

from httpx import AsyncClient

from shopkeeper.services.recommendations.contract import Recommendation, RecommendRequest
from shopkeeper.web.errors import answer_of


class RecommendationsClient:
    """The same as `RecommendationsService`, on another machine."""

    def __init__(self, http: AsyncClient) -> None:
        """Use a client whose base_url is that of the service."""
        self._http = http

    async def recommend(self, request: RecommendRequest) -> Recommendation:
        """Return products for a person; NotFound for a named model nobody fitted, NotFitted for the shop's own."""
        asked = request.model_dump(mode="json", exclude={"shopper_id"}, exclude_none=True)
        asked["user_id"] = request.shopper_id
        return answer_of(await self._http.get("/v1/recommendations", params=asked), Recommendation)
