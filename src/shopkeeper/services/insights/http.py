"""The insights service's routes."""

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from shopkeeper.services.insights import charts
from shopkeeper.services.insights.contract import (
    About,
    AssociationRules,
    Earned,
    EarnedRequest,
    Echo,
    Funnel,
    FunnelRequest,
    Insights,
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
from shopkeeper.web.errors import PROBLEMS

T = TypeVar("T")
R = TypeVar("R", bound=OfDays)
_SVG = "image/svg+xml"
_FORMS: dict[int | str, dict[str, object]] = {
    200: {"description": "The figures, or their picture.", "content": {_SVG: {"schema": {"type": "string"}}}}
}


class _Form(BaseModel):
    format: Annotated[Literal["json", "svg"] | None, Query(description="svg: a picture; else as Accept says.")] = None


class _FunnelQuery(FunnelRequest, _Form): ...


class _RetentionQuery(RetentionRequest, _Form): ...


class _RfmQuery(OfDays, _Form): ...


class _RulesQuery(RulesRequest, _Form): ...


class _EarnedQuery(EarnedRequest, _Form): ...


class _PerformanceQuery(PerformanceRequest, _Form): ...


class _PathsQuery(PathsRequest, _Form): ...


class _EchoQuery(OfDays, _Form): ...


class _SearchesQuery(SearchesRequest, _Form): ...


def create_router(insights: Insights) -> APIRouter:
    """Return the routes over any implementation of the service."""
    router = APIRouter(prefix="/v1/insights", tags=["insights"], responses=PROBLEMS)

    @router.get("")
    async def get_insights() -> About:
        """Return what the analyses are about."""
        return await insights.about()

    @router.get("/funnel", response_model=Funnel, responses=_FORMS)
    async def get_funnel(http: Request, asked: Annotated[_FunnelQuery, Query()]) -> Funnel | Response:
        """Return how many people took steps one after the other, as figures or as a picture."""
        return _told(http, asked, await insights.funnel(_of(FunnelRequest, asked)), charts.funnel)

    @router.get("/retention", response_model=Retention, responses=_FORMS)
    async def get_retention(http: Request, asked: Annotated[_RetentionQuery, Query()]) -> Retention | Response:
        """Return who came back, by when they came first, as figures or as a picture."""
        return _told(http, asked, await insights.retention(_of(RetentionRequest, asked)), charts.retention)

    @router.get("/rfm", response_model=Rfm, responses=_FORMS)
    async def get_rfm(http: Request, asked: Annotated[_RfmQuery, Query()]) -> Rfm | Response:
        """Return how many customers bought how lately, how often and for how much, as figures or as a picture."""
        return _told(http, asked, await insights.rfm(_of(OfDays, asked)), charts.rfm)

    @router.get("/rules", response_model=AssociationRules, responses=_FORMS)
    async def get_association_rules(
        http: Request, asked: Annotated[_RulesQuery, Query()]
    ) -> AssociationRules | Response:
        """Return which products are bought together more often than by chance, as figures or as a picture."""
        return _told(http, asked, await insights.rules(_of(RulesRequest, asked)), charts.rules)

    @router.get("/recommendations", response_model=Earned, responses=_FORMS)
    async def get_earned(http: Request, asked: Annotated[_EarnedQuery, Query()]) -> Earned | Response:
        """Return what came of recommendations, as figures or as a picture."""
        return _told(http, asked, await insights.earned(_of(EarnedRequest, asked)), charts.earned)

    @router.get("/performance", response_model=Performance, responses=_FORMS)
    async def get_performance(http: Request, asked: Annotated[_PerformanceQuery, Query()]) -> Performance | Response:
        """Return how products, categories or brands do, as figures or as a picture."""
        return _told(http, asked, await insights.performance(_of(PerformanceRequest, asked)), charts.performance)

    _add_ways(router, insights)
    return router


def _add_ways(router: APIRouter, insights: Insights) -> None:
    """Add what is about people's ways through the shop."""

    @router.get("/paths", response_model=Paths, responses=_FORMS)
    async def get_paths(http: Request, asked: Annotated[_PathsQuery, Query()]) -> Paths | Response:
        """Return which ways people take through the shop, as figures or as a picture."""
        return _told(http, asked, await insights.paths(_of(PathsRequest, asked)), charts.paths)

    @router.get("/echo", response_model=Echo, responses=_FORMS)
    async def get_echo(http: Request, asked: Annotated[_EchoQuery, Query()]) -> Echo | Response:
        """Return whether lists narrow people, as figures or as a picture; without a first day, in the last 28."""
        return _told(http, asked, await insights.echo(_of(OfDays, asked)), charts.echo)

    @router.get("/searches", response_model=Searches, responses=_FORMS)
    async def get_searches(http: Request, asked: Annotated[_SearchesQuery, Query()]) -> Searches | Response:
        """Return what people search for, and what comes of it, as figures or as a picture."""
        return _told(http, asked, await insights.searches(_of(SearchesRequest, asked)), charts.searches)


def _of(kind: type[R], asked: OfDays) -> R:
    """Return what was asked, without the form: a service elsewhere gives figures, and the picture is drawn here."""
    return kind.model_validate(asked.model_dump(exclude={"format"}))


def _told(http: Request, asked: _Form, answer: T, draw: Callable[[T], str]) -> T | Response:
    """Return the answer, or its picture where that was asked for."""
    wanted = asked.format or ("svg" if _SVG in http.headers.get("accept", "") else "json")
    return Response(draw(answer), media_type=_SVG) if wanted == "svg" else answer
