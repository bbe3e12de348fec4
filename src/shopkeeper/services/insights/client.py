"""The insights service over HTTP."""

from httpx import AsyncClient

from shopkeeper.services.insights.contract import (
    About,
    AssociationRules,
    Earned,
    EarnedRequest,
    Echo,
    Funnel,
    FunnelRequest,
    OfDays,
    Paths,
    PathsRequest,
    Performance,
    PerformanceRequest,
    Retention,
    RetentionRequest,
    Rfm,
    RulesRequest,
    Searches,
    SearchesRequest,
)
from shopkeeper.web.errors import answer_of


class InsightsClient:
    """The same as `InsightsService`, on another machine."""

    def __init__(self, http: AsyncClient) -> None:
        """Use a client whose base_url is that of the service."""
        self._http = http

    async def about(self) -> About:
        """Return what the analyses are about."""
        return answer_of(await self._http.get("/v1/insights"), About)

    async def funnel(self, request: FunnelRequest) -> Funnel:
        """Return how many people took steps one after the other."""
        return answer_of(await self._http.get("/v1/insights/funnel", params=_params(request)), Funnel)

    async def retention(self, request: RetentionRequest) -> Retention:
        """Return who came back, by when they came first."""
        return answer_of(await self._http.get("/v1/insights/retention", params=_params(request)), Retention)

    async def rfm(self, request: OfDays) -> Rfm:
        """Return how many customers bought how lately, how often and for how much."""
        return answer_of(await self._http.get("/v1/insights/rfm", params=_params(request)), Rfm)

    async def rules(self, request: RulesRequest) -> AssociationRules:
        """Return which products are bought together more often than by chance."""
        return answer_of(await self._http.get("/v1/insights/rules", params=_params(request)), AssociationRules)

    async def earned(self, request: EarnedRequest) -> Earned:
        """Return what came of recommendations."""
        return answer_of(await self._http.get("/v1/insights/recommendations", params=_params(request)), Earned)

    async def performance(self, request: PerformanceRequest) -> Performance:
        """Return how products, categories or brands do."""
        return answer_of(await self._http.get("/v1/insights/performance", params=_params(request)), Performance)

    async def paths(self, request: PathsRequest) -> Paths:
        """Return which ways people take through the shop."""
        return answer_of(await self._http.get("/v1/insights/paths", params=_params(request)), Paths)

    async def echo(self, request: OfDays) -> Echo:
        """Return whether lists narrow people; without a first day, in the last 28."""
        return answer_of(await self._http.get("/v1/insights/echo", params=_params(request)), Echo)

    async def searches(self, request: SearchesRequest) -> Searches:
        """Return what people search for, and what comes of it."""
        return answer_of(await self._http.get("/v1/insights/searches", params=_params(request)), Searches)


def _params(request: OfDays) -> dict[str, str | list[str]]:
    told = request.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return {
        name: value if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in told.items()
    }
