"""What the insights service takes and gives, one file for each analysis."""

from typing import Protocol

from pydantic import BaseModel, ConfigDict

from shopkeeper.services.insights.contract.customers import (
    Retention,
    RetentionCohort,
    RetentionRequest,
    Rfm,
    RfmSegment,
    RfmSquare,
    SegmentName,
)
from shopkeeper.services.insights.contract.days import Count, OfDays
from shopkeeper.services.insights.contract.earned import Earned, EarnedAfter, EarnedGroup, EarnedRequest
from shopkeeper.services.insights.contract.echo import Echo
from shopkeeper.services.insights.contract.funnel import Funnel, FunnelGroup, FunnelRequest, FunnelStep
from shopkeeper.services.insights.contract.paths import Paths, PathsRequest, PathTold
from shopkeeper.services.insights.contract.performance import Performance, PerformanceRequest, PerformanceRow
from shopkeeper.services.insights.contract.rules import AssociationRule, AssociationRules, RulesRequest
from shopkeeper.services.insights.contract.searches import Searches, SearchesRequest, SearchTold

__all__ = [
    "About",
    "AssociationRule",
    "AssociationRules",
    "Earned",
    "EarnedAfter",
    "EarnedGroup",
    "EarnedRequest",
    "Echo",
    "Funnel",
    "FunnelGroup",
    "FunnelRequest",
    "FunnelStep",
    "Insights",
    "OfDays",
    "PathTold",
    "Paths",
    "PathsRequest",
    "Performance",
    "PerformanceRequest",
    "PerformanceRow",
    "Retention",
    "RetentionCohort",
    "RetentionRequest",
    "Rfm",
    "RfmSegment",
    "RfmSquare",
    "RulesRequest",
    "SearchTold",
    "Searches",
    "SearchesRequest",
    "SegmentName",
]


class About(BaseModel):
    """What the analyses are about."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    time_zone: str
    """Where days, weeks and months begin."""
    events: Count
    """How many are stored, to the nearest ten."""


class Insights(Protocol):
    """The insights service. Fewer than ten people are told of nowhere, and more in tens."""

    async def about(self) -> About:
        """Return what the analyses are about."""

    async def funnel(self, request: FunnelRequest) -> Funnel:
        """Return how many people took steps one after the other."""

    async def retention(self, request: RetentionRequest) -> Retention:
        """Return who came back, by when they came first."""

    async def rfm(self, request: OfDays) -> Rfm:
        """Return how many customers bought how lately, how often and for how much."""

    async def rules(self, request: RulesRequest) -> AssociationRules:
        """Return which products are bought together more often than by chance."""

    async def earned(self, request: EarnedRequest) -> Earned:
        """Return what came of recommendations."""

    async def performance(self, request: PerformanceRequest) -> Performance:
        """Return how products, categories or brands do."""

    async def paths(self, request: PathsRequest) -> Paths:
        """Return which ways people take through the shop."""

    async def echo(self, request: OfDays) -> Echo:
        """Return whether lists narrow people; without a first day, in the last 28."""

    async def searches(self, request: SearchesRequest) -> Searches:
        """Return what people search for, and what comes of it."""
