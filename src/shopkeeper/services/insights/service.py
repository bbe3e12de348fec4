"""Analyses of the whole shop: exact figures of a store, rounded before anybody sees them (decision 19)."""

from collections.abc import Sequence

from shopkeeper.data.events import type_of
from shopkeeper.data.insights import (
    EarnedQuestion,
    FunnelFigures,
    FunnelQuestion,
    PathsQuestion,
    PerformanceFigures,
    PerformanceQuestion,
    RetentionQuestion,
    RfmCell,
)
from shopkeeper.kit import rounding
from shopkeeper.ports import Analytics, OffLoop
from shopkeeper.services.catalog.contract import Catalog
from shopkeeper.services.insights.association import association_rules
from shopkeeper.services.insights.attribution import earned
from shopkeeper.services.insights.contract import (
    About,
    AssociationRules,
    Earned,
    EarnedRequest,
    Echo,
    Funnel,
    FunnelGroup,
    FunnelRequest,
    FunnelStep,
    OfDays,
    Paths,
    PathsRequest,
    Performance,
    PerformanceRequest,
    Retention,
    RetentionCohort,
    RetentionRequest,
    Rfm,
    RfmSegment,
    RfmSquare,
    RulesRequest,
    Searches,
    SearchesRequest,
    SegmentName,
)
from shopkeeper.services.insights.echoes import echo
from shopkeeper.services.insights.products import days_before, performance_rows
from shopkeeper.services.insights.segments import SEGMENTS, segment_of
from shopkeeper.services.insights.ways import paths, searches

_HOUR_US = 3_600_000_000


class InsightsService:
    """The insights service over the stores of a shop."""

    def __init__(self, analytics: Analytics, catalog: Catalog, time_zone: str, off_loop: OffLoop) -> None:
        self._analytics, self._catalog, self._time_zone, self._off_loop = analytics, catalog, time_zone, off_loop

    async def about(self) -> About:
        """Return what the analyses are about."""
        n_events = await self._off_loop(self._analytics.count)
        return About(time_zone=self._time_zone, events=rounding.people(n_events))

    async def funnel(self, request: FunnelRequest) -> Funnel:
        """Return how many people took steps one after the other."""
        question = FunnelQuestion(
            steps=tuple(type_of(step) for step in request.steps),
            window_us=round(request.within_hours * _HOUR_US),
            strict=request.strict,
            by=request.by,
            days=request.days,
        )
        found = await self._off_loop(lambda: self._analytics.funnel(question))
        if request.by is None:
            return Funnel(groups=[_group(one, request.steps) for one in found or [_nobody(len(request.steps))]])
        told = [one for one in found if one.reached[0] >= rounding.BASE][: request.top]
        return Funnel(groups=[_group(one, request.steps) for one in told])

    async def retention(self, request: RetentionRequest) -> Retention:
        """Return who came back, by when they came first."""
        types = tuple(type_of(kind) for kind in request.types)
        question = RetentionQuestion(every=request.every, periods=request.periods, again=types, days=request.days)
        cohorts = []
        for cohort in await self._off_loop(lambda: self._analytics.retention(question)):
            people, *returned = (rounding.people(n) for n in cohort.people)
            shares = [rounding.share(n, people) for n in returned]
            cohorts.append(RetentionCohort(start=cohort.start, people=people, returned=returned, share=shares))
        return Retention(every=request.every, cohorts=cohorts)

    async def rfm(self, request: OfDays) -> Rfm:
        """Return how many customers bought how lately, how often and for how much."""
        found = await self._off_loop(lambda: self._analytics.rfm(request.days))
        everybody = rounding.people(sum(cell.people for cell in found.cells))
        segments = [
            _segment(
                name,
                [cell for cell in found.cells if segment_of(cell.recency, cell.spending) == name],
                everybody,
                found.currency,
            )
            for name in SEGMENTS
        ]
        people = {(cell.recency, cell.spending): rounding.people(cell.people) for cell in found.cells}
        squares = [
            RfmSquare(
                recency=recency,
                spending=spending,
                segment=segment_of(recency, spending),
                people=people.get((recency, spending)),
            )
            for spending in range(5, 0, -1)
            for recency in range(1, 6)
        ]
        return Rfm(people=everybody, currency=found.currency, segments=segments, squares=squares)

    async def rules(self, request: RulesRequest) -> AssociationRules:
        """Return which products are bought together more often than by chance."""
        answer = await self._off_loop(lambda: association_rules(self._analytics.pairs(request.days), request))
        known = await self._catalog.get_many(
            list({id_ for one in answer.rules for id_ in (one.item_id, one.then_item_id)})
        )
        titles = {item_id: product.title for item_id, product in known.items()}
        for one in answer.rules:
            one.title = titles.get(one.item_id, one.item_id)
            one.then_title = titles.get(one.then_item_id, one.then_item_id)
        return answer

    async def earned(self, request: EarnedRequest) -> Earned:
        """Return what came of recommendations."""
        window_us = round(request.within_hours * _HOUR_US)
        question = EarnedQuestion(window_us=window_us, by=tuple(request.by), days=request.days)
        found, currency = await self._off_loop(lambda: self._analytics.earned(question))
        return earned(found, currency, request.by)

    async def performance(self, request: PerformanceRequest) -> Performance:
        """Return how products, categories or brands do."""
        question = PerformanceQuestion(by=request.by, days=request.days)
        found, currency = await self._off_loop(lambda: self._analytics.performance(question))
        earlier, before = list[PerformanceFigures](), days_before(request.days)
        if before:
            then = PerformanceQuestion(by=request.by, days=before, currency=currency)
            earlier, _ = await self._off_loop(lambda: self._analytics.performance(then))
        rows = performance_rows(found, {one.name: one for one in earlier}, currency, request)
        chosen = rows[request.offset : request.offset + request.n]
        if request.by == "item":
            known = await self._catalog.get_many([row.name for row in chosen])
            for row in chosen:
                row.title = known[row.name].title if row.name in known else row.name
        return Performance(
            by=request.by,
            currency=currency,
            before_since=before.since if before else None,
            before_until=before.until if before else None,
            total=len(rows),
            rows=chosen,
        )

    async def paths(self, request: PathsRequest) -> Paths:
        """Return which ways people take through the shop."""
        question = PathsQuestion(
            types=tuple(type_of(kind) for kind in request.types),
            by_category=request.by == "category",
            length=request.steps,
            days=request.days,
        )
        return await self._off_loop(lambda: paths(self._analytics.paths(question), request))

    async def echo(self, request: OfDays) -> Echo:
        """Return whether lists narrow people; without a first day, in the last 28."""
        return echo(await self._off_loop(lambda: self._analytics.echo(request.days)))

    async def searches(self, request: SearchesRequest) -> Searches:
        """Return what people search for, and what comes of it."""
        return await self._off_loop(lambda: searches(self._analytics.searches(request.days), request))


def _nobody(n_steps: int) -> FunnelFigures:
    return FunnelFigures(None, (0,) * n_steps, None)


def _group(figures: FunnelFigures, types: Sequence[str]) -> FunnelGroup:
    people = [rounding.people(n) for n in figures.reached]
    steps = [
        FunnelStep(
            type=kind,
            people=n,
            of_first=rounding.share(n, people[0]),
            of_previous=rounding.share(n, people[max(place - 1, 0)]),
        )
        for place, (kind, n) in enumerate(zip(types, people, strict=True))
    ]
    # A median of fewer than ten is almost the time of one of them.
    median_us = figures.median_us if people[-1] else None
    hours = None if median_us is None else rounding.two_digits(median_us / _HOUR_US)
    return FunnelGroup(name=figures.group, steps=steps, median_hours=hours)


def _segment(name: SegmentName, cells: Sequence[RfmCell], everybody: int | None, currency: str | None) -> RfmSegment:
    people = sum(cell.people for cell in cells)
    told = rounding.people(people)
    return RfmSegment(
        name=name,
        people=told,
        share=rounding.share(told, everybody),
        orders=rounding.total(sum(cell.orders for cell in cells), people),
        money_minor=rounding.total(sum(cell.minor for cell in cells), people) if currency else None,
    )
