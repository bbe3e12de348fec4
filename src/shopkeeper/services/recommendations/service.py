"""Make a list for one person: history from the events service, candidates from models, order from the scenario."""

import asyncio
import logging
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import repeat
from secrets import token_hex
from time import perf_counter
from typing import TypeVar

from numpy.random import Generator

from shopkeeper.data.consent import NOTHING, Standing
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.facts import TOLD
from shopkeeper.data.items import LEAST
from shopkeeper.data.origin import RANDOM, Origin
from shopkeeper.data.trail import Trail
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import InvalidInput, NotFitted, NotFound, Unavailable, UnknownName
from shopkeeper.ports import ModelStore, OffLoop, RuleStore, ScenarioStore
from shopkeeper.ports.exploration import ExplorationLog
from shopkeeper.ranking.rules import Rule
from shopkeeper.ranking.scenario import MODEL, Scenario
from shopkeeper.ranking.wishes import unwanted
from shopkeeper.services.catalog.contract import Catalog
from shopkeeper.services.events.contract import Events
from shopkeeper.services.people.contract import People
from shopkeeper.services.predictions.contract import Checked, CheckRequest, Predictions
from shopkeeper.services.recommendations import pages
from shopkeeper.services.recommendations.audience import interested
from shopkeeper.services.recommendations.contract import (
    Audience,
    NamedRule,
    RecentEvent,
    Recommendation,
    RecommendationsMade,
    RecommendRequest,
    RecommendRequests,
    Rules,
    Scenarios,
    ScenarioTold,
)
from shopkeeper.services.recommendations.exploring import Notes, Watch
from shopkeeper.services.recommendations.knowledge import RETURNS, TOGETHER, Knowledge, Loaded
from shopkeeper.services.recommendations.making import Asked, Ground, Made, all_made, are_same
from shopkeeper.services.recommendations.strangers import Lately, Strangers

T = TypeVar("T")
_log = logging.getLogger(__name__)

_NEWEST = 20_000
"""Events of a person that are looked at; what lies before them may be shown again."""
_SHOWN = 1000
"""Impressions of a person that are looked at."""
_FOUND = 1000
"""Products that a search brings."""
_PEOPLE, _OF_EACH = 1000, 200
"""People who are asked about for a product, and events of each that are looked at."""
_MOST_RULES = 1000


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What others told for an answer."""

    now: datetime
    ground: Ground
    scenario: Scenario
    """As the request adjusts it."""
    trail: Trail
    shown: Trail
    found: Sequence[str] | None


class RecommendationsService:
    """The recommendations service over fitted models; a newly fitted one is picked up with the next request.

    While the events service is silent, or that of people, everybody is a stranger, who gets what is popular; while the
    catalogue is, ids stand in for titles, and products that cannot be bought now may be among them.
    """

    def __init__(
        self,
        events: Events,
        catalog: Catalog,
        predictions: Predictions,
        people: People,
        models: ModelStore,
        model: str,
        clock: Clock,
        off_loop: OffLoop,
        scenarios: ScenarioStore,
        rules: RuleStore,
        explorations: ExplorationLog,
        rng: Generator,
        *,
        fresh: timedelta = timedelta(seconds=2),
        patience_s: float | None = None,
        support: int = LEAST,
        hides_counts: bool = False,
    ) -> None:
        """Answer with `model` unless a request names another; the catalogue is asked what changed after `fresh`.

        What others tell may take `patience_s` seconds, None for any; without it there is still an answer. Two products
        need `support` people in common before one leads to the other. With `hides_counts` reasons tell no exact number
        of all who took a product.
        """
        self._events, self._catalog, self._predictions = events, catalog, predictions
        self._people, self._models, self._model = people, models, model
        self._clock, self._off_loop, self._scenarios, self._rules = clock, off_loop, scenarios, rules
        self._patience_s, self._support, self._hides_counts = patience_s, support, hides_counts
        self._knowledge = Knowledge(catalog, models, clock, off_loop, fresh)
        self._watch, self._notes, self._rng = Watch(events, clock), Notes(explorations, off_loop), rng
        self._strangers, self._nobody = Strangers(fresh), Lately[bytes](fresh)
        self._quick: dict[tuple[str, str], Sequence[object]] = {}
        """What the last list of a scenario and a model was made from."""

    async def recommend(self, request: RecommendRequest) -> Recommendation:
        """Return products for a person; NotFound for a named model nobody fitted, NotFitted for the shop's own."""
        return (await self.recommend_many(RecommendRequests(requests=[request]))).answers[0]

    async def recommend_json(self, request: RecommendRequest) -> bytes:
        """Return what `recommend` returns, as JSON: quicker, since of what many are shown that is made once."""
        began = perf_counter()
        if request.is_of_nobody:
            return _signed(await self._told_nobody(request), began, _random())
        [(asked, made)] = await self._made([request])
        return _signed(_told(asked, made), began, asked.ending)

    async def _told_nobody(self, request: RecommendRequest) -> bytes:
        """Return an answer that is not about a person: the same bytes for all who ask, while it would be the same."""
        await self._in_time(self._knowledge.refresh(), otherwise=None)
        ground = await self._ground(request)
        if (told := self._nobody.get(request, ground.made_from, self._clock())) is None:
            [(asked, made)] = await self._made([request])
            told = _told(asked, made)
            self._nobody.put(asked, told)
        return told

    async def recommend_many(self, requests: RecommendRequests) -> RecommendationsMade:
        """Return what `recommend` returns of each; models are asked for all the people together."""
        began = perf_counter()
        made = await self._made(requests.requests)
        return RecommendationsMade(answers=[_answer(asked, one, began, len(made)) for asked, one in made])

    async def _made(self, requests: Sequence[RecommendRequest]) -> list[tuple[Asked, Made]]:
        """Return the lists that are asked for, with all that they were made from."""
        await self._in_time(self._knowledge.refresh(), otherwise=None)
        opened, now = list(map(pages.opened, requests)), self._clock()
        grounds = [await self._ground(request) for request, _ in opened]
        scenarios = [_adjusted(ground.scenario, one) for ground, (one, _) in zip(grounds, opened, strict=True)]
        whose = [(request, scenario) for (request, _), scenario in zip(opened, scenarios, strict=True)]
        # What a person allows is asked together with what they did: it costs no time, and what may not be used is not.
        segments, standings, trails, shown_lately, found = await asyncio.gather(
            self._segments([request.shopper_id for request, _ in opened]),
            self._standings([request for request, _ in opened]),
            asyncio.gather(*(self._trail(request, scenario, now) for request, scenario in whose)),
            asyncio.gather(*(self._shown(request, scenario) for request, scenario in whose)),
            asyncio.gather(*(self._search(request) for request, _ in opened)),
        )
        told = map(_Told, repeat(now), grounds, scenarios, trails, shown_lately, found)
        asked = [
            self._asked(request, shown, one, standing, segments.get(request.shopper_id or "", ()))
            for (request, shown), one, standing in zip(opened, told, standings, strict=True)
        ]
        kept = [self._strangers.find(one) for one in asked]
        missing = [one for one, made in zip(asked, kept, strict=True) if made is None]
        # One list is made sooner than a thread is found that may run.
        is_quick = len(missing) < 2 and all(map(self._is_quick, missing))
        new = all_made(missing) if is_quick else await self._off_loop(lambda: all_made(missing))
        for one, made in zip(missing, new, strict=True):
            self._strangers.keep(one, made)
            self._quick[one.request.scenario, one.model] = one.made_from
            named = _origin(one).named(one.ending)
            self._notes.add(replace(place, recommendation_id=named) for place in made.explored)
        left = iter(new)
        return [(one, made or next(left)) for one, made in zip(asked, kept, strict=True)]

    def _is_quick(self, asked: Asked) -> bool:
        """Tell whether a list like this was made before: of the first, columns are read, and kernels compiled."""
        before = self._quick.get((asked.request.scenario, asked.model), ())
        is_plain = not (asked.request.filter or asked.request.boost)
        return is_plain and are_same(asked.made_from, before)

    async def _ground(self, request: RecommendRequest) -> Ground:
        """Collect what an answer is made from whoever asks."""
        # Files that seldom change: to look whether they did is quicker than to send a thread for it.
        said, rules, name = self._scenarios.get(request.scenario), self._rules.all(), request.model or self._model
        names = {name, RETURNS, TOGETHER, *said.sources} - {MODEL}
        loaded = await self._loaded(names, name, is_named=request.model is not None)
        return Ground(said, rules, name, loaded, self._knowledge.columns)

    async def _segments(self, people: Sequence[str | None]) -> Mapping[str, Collection[str]]:
        """Return in which segments some people are, of those that rules are for now."""
        rules, now = self._rules.all().values(), self._clock()
        names = {name for rule in rules for name in rule.segments if rule.holds_somewhere(now)}
        known = sorted({one for one in people if one})
        if not (names and known):
            return {}
        request = CheckRequest(shopper_ids=known, segments=sorted(names))
        nobody = Checked(as_of=now, shoppers=[], unsaid={})
        checked = await self._in_time(self._predictions.segments_of(request), otherwise=nobody)
        return {one.shopper_id: one.segments for one in checked.shoppers}

    async def _standings(self, requests: Sequence[RecommendRequest]) -> list[Standing]:
        """Return what may be done for who asks; nothing while nobody can tell."""
        people = [request.names for request in requests if request.names or request.recent]
        if not people:
            return [NOTHING] * len(requests)
        told = iter(await self._in_time(self._people.standings(people), otherwise=[NOTHING] * len(people)))
        return [next(told) if request.names or request.recent else NOTHING for request in requests]

    def _asked(
        self,
        request: RecommendRequest,
        shown: Sequence[str],
        told: "_Told",
        standing: Standing,
        segments: Collection[str],
    ) -> Asked:
        """Put together what an answer is made from: of the person, what they allow."""
        ground, scenario, now, wishes = told.ground, told.scenario, told.now, standing.preferences
        is_personal = standing.level > 0
        trail = told.trail.after(wishes.reset_at) if is_personal else Trail()
        segments = segments if is_personal and scenario.personalization else ()
        if standing.level < 1 and len(trail):
            # Of somebody of whom nothing is known, all lists are those of a stranger.
            scenario = scenario.model_copy(update={"personalization": scenario.personalization * standing.level})
        is_own = is_personal and not (request.items or request.item_id or request.query)
        wants_less = is_own and (wishes.less_items or wishes.less_categories)
        columns = ground.columns
        return Asked(
            request=request if is_personal else request.of_nobody(),
            scenario=scenario,
            rules={name: rule for name, rule in ground.rules.items() if rule.holds(request.scenario, now, segments)},
            segments=segments,
            trail=trail,
            shown=shown,
            shown_lately=told.shown.after(wishes.reset_at) if is_personal else Trail(),
            found=told.found,
            now=now,
            model=ground.model,
            loaded=ground.loaded,
            columns=columns,
            less=unwanted(columns, wishes.less_items, wishes.less_categories) if wants_less else None,
            novelty=wishes.novelty if is_own and len(trail) else 0.0,
            shopper_id=request.shopper_id if is_personal and wishes.reset_at is None else None,
            exposures=self._watch.exposures(columns) if scenario.exploration or scenario.level else None,
            seed=int(self._rng.integers(2**63)),
            ending=_random(),
            support=self._support,
            hides_counts=self._hides_counts,
            made_from=ground.made_from,
        )

    async def audience(self, item_id: str, *, n: int = 100, model: str | None = None) -> Audience:
        """Return the n people, of the thousand most active, whom a product interests most; NotFound if unknown."""
        name, now = model or self._model, self._clock()
        await self._in_time(self._knowledge.refresh(), otherwise=None)
        loaded = await self._loaded({name}, name, is_named=model is not None)
        columns, source = self._knowledge.columns, loaded[name].source
        if item_id not in columns.items:
            raise NotFound(f"There is no product {item_id!r} in the catalogue, and no model knows it.")
        shoppers = (await self._events.shoppers(limit=_PEOPLE)).shoppers
        names = [one.shopper_id for one in shoppers]
        standings = dict(zip(names, await self._people.standings([[one] for one in names]), strict=True))
        people = {
            name: (await self._events.trail(name, limit=_OF_EACH, types=TOLD)).after(one.preferences.reset_at)
            for name, one in standings.items()
            if one.level > 0
        }
        found = await self._off_loop(lambda: interested(source, columns, item_id, people, n, now))
        return Audience(item_id=item_id, model=name, model_version=loaded[name].version, people=found)

    async def _loaded(self, names: Collection[str], own: str, *, is_named: bool) -> Mapping[str, Loaded]:
        loaded = await self._knowledge.load(names)
        if own not in loaded:
            await self._explain_missing(own, is_named=is_named)
        return loaded

    async def scenarios(self) -> Scenarios:
        """Return all scenarios as they are now."""
        return await self._off_loop(lambda: Scenarios(scenarios=list(map(self._told, self._scenarios.names()))))

    async def rules(self) -> Rules:
        """Return all rules."""
        rules = await self._off_loop(self._rules.all)
        return Rules(rules=[NamedRule(name=name, rule=rule) for name, rule in rules.items()])

    async def rule(self, name: str) -> NamedRule:
        """Return one rule; NotFound when there is none."""
        rules = await self._off_loop(self._rules.all)
        if name not in rules:
            raise NotFound(f"There is no rule {name!r}; GET /v1/rules tells which there are.")
        return NamedRule(name=name, rule=rules[name])

    async def put_rule(self, name: str, rule: Rule) -> NamedRule:
        """Add or replace a rule; it counts from the next answer on."""
        rules = await self._off_loop(self._rules.all)
        if name not in rules and len(rules) >= _MOST_RULES:
            raise InvalidInput(f"There are {_MOST_RULES:,} rules already; remove one first.")
        if rule.segments:
            segments = [one.name for one in (await self._predictions.segments()).segments]
            if unknown := [one for one in rule.segments if one not in segments]:
                raise InvalidInput(f"segments: {UnknownName('segment', unknown[0], segments)}")
        await self._off_loop(lambda: self._rules.put(name, rule))
        return NamedRule(name=name, rule=rule)

    async def remove_rule(self, name: str) -> None:
        """Remove a rule; NotFound when there is none."""
        if not await self._off_loop(lambda: self._rules.remove(name)):
            raise NotFound(f"There is no rule {name!r}; GET /v1/rules tells which there are.")

    async def _trail(self, request: RecommendRequest, scenario: Scenario, now: datetime) -> Trail:
        """Return what the person did, oldest first; nothing where the list does not depend on them."""
        if not scenario.personalization:
            return Trail()
        told = Trail.of(_recent(one, now) for one in request.recent)
        if request.shopper_id is None:
            return told
        asked = self._events.trail(request.shopper_id, limit=_NEWEST, types=TOLD)
        return (await self._in_time(asked, otherwise=Trail())).then(told)

    async def _shown(self, request: RecommendRequest, scenario: Scenario) -> Trail:
        """Return what the person was shown in the last weeks, where the list depends on it."""
        if not ((scenario.rotation or scenario.fatigue) and scenario.personalization and request.shopper_id):
            return Trail()
        asked = self._events.trail(request.shopper_id, limit=_SHOWN, types=[EventType.IMPRESSION])
        return await self._in_time(asked, otherwise=Trail())

    async def _search(self, request: RecommendRequest) -> list[str] | None:
        if not request.query:
            return None
        found = await self._catalog.search(request.query, limit=_FOUND)
        return [product.item_id for product in found.products]

    async def _in_time(self, asked: Awaitable[T], *, otherwise: T) -> T:
        try:
            if self._patience_s is None:
                return await asked
            async with asyncio.timeout(self._patience_s):
                return await asked
        except Unavailable:
            return otherwise
        except TimeoutError:
            _log.warning("recommendations went on after %g s without history, consent or catalogue", self._patience_s)
            return otherwise

    async def _explain_missing(self, name: str, *, is_named: bool) -> None:
        try:
            await self._off_loop(lambda: self._models.load(name))
        except NotFound as error:
            if is_named:
                raise
            # Nobody asked for something that is not there: the shop is not ready.
            raise NotFitted(str(error)) from error

    def _told(self, name: str) -> ScenarioTold:
        return ScenarioTold(name=name, settings=self._scenarios.get(name), problem=self._scenarios.problem(name))


def _origin(asked: Asked) -> Origin:
    return Origin(asked.request.scenario, asked.model, asked.loaded[asked.model].version)


def _answer(asked: Asked, made: Made, began: float, together: int = 1) -> Recommendation:
    shown = [*asked.shown, *(item.item_id for item in made.items)]
    more = len(made.items) == asked.scenario.n and len(shown) < pages.LONGEST
    origin = _origin(asked)
    return Recommendation(
        recommendation_id=origin.named(asked.ending),
        scenario=origin.scenario,
        model=origin.model,
        model_version=origin.version,
        reason=made.why,
        detail=made.detail,
        items=list(made.items),
        next=pages.token(asked.request, shown) if more else None,
        took_ms=round((perf_counter() - began) * 1000 / together, 3),
    )


def _told(asked: Asked, made: Made) -> bytes:
    """Return an answer as JSON, but for what differs each time it is given: the end of its id, which is its own end."""
    answer = _answer(asked, made, 0)
    told = answer.model_dump_json(exclude={"recommendation_id", "took_ms", "items"}).encode()
    origin = answer.recommendation_id[:-RANDOM].encode()
    return b'%b,"items":%b,"recommendation_id":"%b' % (told[:-1], made.json, origin)


def _signed(told: bytes, began: float, ending: str) -> bytes:
    """Return such an answer with what differs."""
    took_ms = (perf_counter() - began) * 1000
    return b'%b%b","took_ms":%.3f}' % (told, ending.encode(), took_ms)


def _random() -> str:
    return token_hex(RANDOM // 2)


def _adjusted(scenario: Scenario, request: RecommendRequest) -> Scenario:
    """Return the scenario with what the request says otherwise."""
    given: Mapping[str, object] = {
        "n": request.n or (len(request.rank) if request.rank else None),
        "leave_out": None if request.exclude_seen is None else "seen" if request.exclude_seen else "",
        "diversity": request.diversity,
        "rotation": request.rotation,
        "fatigue": request.fatigue,
        "calibration": request.calibration,
        "exploration": request.exploration,
        "personalization": request.personalization,
    }
    return scenario.model_copy(update={name: value for name, value in given.items() if value is not None})


def _recent(told: str | RecentEvent, now: datetime) -> Event:
    event = RecentEvent(item_id=told) if isinstance(told, str) else told
    kind, at = EventType[event.type.upper()], event.at or now
    return Event(event_id="", type=kind, at=at, visitor_id="", item_id=event.item_id)
