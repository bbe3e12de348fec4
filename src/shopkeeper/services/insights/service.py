"""Analyses of the whole shop: exact figures of a store, rounded before anybody sees them (decision 18)."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.events import type_of
from shopkeeper.data.insights import FunnelFigures, FunnelQuestion, PairFigures, RetentionQuestion, RfmCell
from shopkeeper.kit import rounding
from shopkeeper.kit.significance import q_values, together_by_chance
from shopkeeper.ports import Analytics, OffLoop
from shopkeeper.services.catalog.contract import Catalog
from shopkeeper.services.insights.contract import (
    About,
    AssociationRule,
    AssociationRules,
    Funnel,
    FunnelGroup,
    FunnelRequest,
    FunnelStep,
    OfDays,
    Retention,
    RetentionCohort,
    RetentionRequest,
    Rfm,
    RfmSegment,
    RfmSquare,
    RulesRequest,
    SegmentName,
)
from shopkeeper.services.insights.segments import SEGMENTS, segment_of

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
        found, q = await self._off_loop(lambda: _tested(self._analytics.pairs(request.days)))
        n_tests = found.n_items * (found.n_items - 1) // 2
        everything = rounding.people(found.n_baskets)
        told = (q <= request.max_q) & (found.people >= rounding.BASE)
        told &= rounding.tens(found.with_both) >= request.min_support * (everything or 0)
        rules = [rule for place in np.flatnonzero(told).tolist() for rule in _rules(found, place, everything or 0)]
        chosen = [one for one in rules if request.item_id in (None, one.item_id) and one.lift >= request.min_lift]
        chosen.sort(key=lambda one: (-one.lift, -one.confidence, one.item_id, one.then_item_id))
        best = chosen[: request.n]
        known = await self._catalog.get_many(list({id_ for one in best for id_ in (one.item_id, one.then_item_id)}))
        for one in best:
            if one.item_id in known:
                one.title = known[one.item_id].title
            if one.then_item_id in known:
                one.then_title = known[one.then_item_id].title
        return AssociationRules(baskets=everything, tested=n_tests, rules=best)


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


def _tested(found: PairFigures) -> tuple[PairFigures, NDArray[np.float64]]:
    """Return pairs with the share of false discoveries that each is found at."""
    n_tests = found.n_items * (found.n_items - 1) // 2
    p = together_by_chance(found.with_both, found.with_first, found.with_second, found.n_baskets)
    return found, q_values(p, n_tests)


def _rules(found: PairFigures, place: int, baskets: int) -> Iterator[AssociationRule]:
    """Return both rules of a pair, of the figures as they are told, from which the exact ones do not follow."""
    columns = (found.with_first, found.with_second, found.with_both)
    first, second, both = (rounding.tens(int(column[place])) for column in columns)
    for ids, n in ((found.item_ids[place], first), (found.item_ids[place][::-1], second)):
        yield AssociationRule(
            item_id=ids[0],
            title=ids[0],
            then_item_id=ids[1],
            then_title=ids[1],
            baskets=both,
            support=round(both / baskets, 6),
            confidence=round(both / n, 4),
            lift=round(both * baskets / (first * second), 2),
        )
