"""One answer from all that is needed for it, without waiting for anybody: what is allowed, in which order, and why."""

import operator
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial, reduce
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from shopkeeper.data.columns import CREATED, FIELDS, Columns, Mask, Numbers
from shopkeeper.data.events import EventType
from shopkeeper.data.exploration import Exploration
from shopkeeper.data.facts import TOLD, Facts
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind
from shopkeeper.data.query import Query
from shopkeeper.data.trail import Trail
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import InvalidInput, UnknownName
from shopkeeper.pipeline import ENOUGH, Choice, Pipeline
from shopkeeper.ranking import rules
from shopkeeper.ranking.explain import sentence, told
from shopkeeper.ranking.exploring import Explored, Exposures, Lot
from shopkeeper.ranking.expression import factors, kept
from shopkeeper.ranking.scenario import MODEL, NEW, RECENT, Scenario
from shopkeeper.ranking.sources import Ahead, Found, InOrder, ModelSource, Recent, Source
from shopkeeper.ranking.support import Supported
from shopkeeper.ranking.wishes import renewed, unfamiliar
from shopkeeper.services.recommendations.contract import RecommendedItem, RecommendRequest
from shopkeeper.services.recommendations.knowledge import RETURNS, TOGETHER, Loaded
from shopkeeper.services.recommendations.variety import About, explorations, explorer, steps_of

Why = Literal["personal", "popular", "empty"]

_NEW_S = 28 * 86_400
_LINKS = ("url", "image_url")
_ITEMS = TypeAdapter(list[RecommendedItem])


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What answers to a scenario are made from, whoever asks."""

    scenario: Scenario
    rules: Mapping[str, rules.Rule]
    """All there are."""
    model: str
    loaded: Mapping[str, Loaded]
    columns: Columns

    @property
    def made_from(self) -> Sequence[object]:
        """All of these things, of which each is another where it says something else."""
        return (self.scenario, self.rules, self.columns, *self.loaded.values())


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A request with all that its answer is made from."""

    request: RecommendRequest
    scenario: Scenario
    """As the request adjusts it."""
    rules: Mapping[str, rules.Rule]
    """Those that hold here and now, for this person."""
    segments: Collection[str]
    """Of those that rules are for, the ones that the person is in."""
    trail: Trail
    """What the person did."""
    shown: Sequence[str]
    """On the pages before."""
    shown_lately: Trail
    """In other lists: the impressions of the last weeks."""
    found: Sequence[str] | None
    """What a search found, if there was one."""
    now: datetime
    model: str
    loaded: Mapping[str, Loaded]
    columns: Columns
    less: Mask | None
    """(n_items,): what the person wants less of, if anything."""
    novelty: float
    """Share of the list that shall be new to the person."""
    shopper_id: str | None
    """By whom a model that was fitted on the person knows them; None of who wants to be known no longer."""
    support: int
    """People whom two products need in common before one leads to the other where everybody may look."""
    hides_counts: bool
    """Whether exact numbers of people who took a product are kept back."""
    made_from: Sequence[object]
    """Of its ground: what a list depends on besides the request and the person."""
    exposures: Exposures | None = None
    """What everybody was shown lately; None: nothing is known of that."""
    seed: int = 0
    """Of what chance decides in this list."""
    ending: str = ""
    """Of the name of the answer, if it is the first that this list is for."""
    ahead: Mapping[str, Found] = field(default_factory=dict)
    """What models found for this person already, when they were asked for many at once."""

    @property
    def context(self) -> list[str]:
        """The products of the page or the cart."""
        return [*self.request.items, *([self.request.item_id] if self.request.item_id else [])]

    def history(self, trail: Trail) -> HistoryBatch:
        """Return what somebody did in the numbers of the columns."""
        return HistoryBatch.from_trail(trail, self.columns.items, as_of=self.now, types=TOLD)

    @property
    def history_of_lists(self) -> HistoryBatch:
        """What the person was shown in other lists, in the numbers of the columns."""
        shown = (EventType.IMPRESSION,)
        return HistoryBatch.from_trail(self.shown_lately, self.columns.items, as_of=self.now, types=shown)

    @property
    def fresh(self) -> Mask:
        """Where the products are that the model does not know, or that came in the last weeks, shape (n_items,)."""
        columns, day, own = self.columns, self.now.date(), self.loaded[self.model]

        def made() -> Mask:
            fresh = columns.numbers(CREATED) > self.now.timestamp() - _NEW_S
            fresh[own.source.unknown(len(columns))] = True
            return fresh

        return columns.remember(("fresh", self.model, own.version, day), made).astype(np.bool_, copy=False)

    def supported(self, item_idx: NDArray[np.integer]) -> Mask | None:
        """Return what enough people took who took one of some products, shape (n_items,); None: nobody counted yet."""
        together = self.loaded.get(TOGETHER)
        if together is None or together.support is None:
            return None
        return together.support.of(item_idx, self.support, len(self.columns))

    def mask(self, item_ids: Sequence[str]) -> Mask:
        """Return where these products are, shape (n_items,)."""
        found = self.columns.items.indices(item_ids)
        mask = np.zeros(len(self.columns), np.bool_)
        mask[found[found >= 0]] = True
        return mask


@dataclass(frozen=True, eq=False)
class Made:
    """A list."""

    why: Why
    """Which kind of answer it is."""
    detail: str | None
    """What there is to say about it."""
    items: Sequence[RecommendedItem]
    explored: Sequence[Exploration] = ()
    """The places that chance filled, for an answer that has no name yet."""

    @cached_property
    def json(self) -> bytes:
        """The products as JSON."""
        return _ITEMS.dump_json(list(self.items))


def are_same(things: Sequence[object], others: Sequence[object]) -> bool:
    """Tell whether they are the very same things."""
    return len(things) == len(others) and all(map(operator.is_, things, others))


def all_made(people: Sequence[Asked]) -> list[Made]:
    """Return what `made` returns of each, asking the first model of their scenario for all of them together."""
    together: dict[tuple[ModelSource, Columns], list[int]] = {}
    for place, asked in enumerate(people):
        first = _sources(asked)[0]
        if isinstance(first, ModelSource) and asked.scenario.personalization == 1 and not asked.context:
            together.setdefault((first, asked.columns), []).append(place)
    ready = list(people)
    for (source, columns), places in together.items():
        if len(places) > 1:
            group = [people[place] for place in places]
            histories = HistoryBatch.joined([asked.history(asked.trail) for asked in group])
            names = [asked.shopper_id or "" for asked in group]
            n = 2 * max(ENOUGH, *(2 * asked.scenario.n for asked in group))
            found = source.find_many(histories, names, n, columns.buyable(group[0].now))
            for place, asked, of_one in zip(places, group, found, strict=True):
                ready[place] = replace(asked, ahead={source.name: of_one})
    return list(map(made, ready))


def made(asked: Asked) -> Made:
    """Return the list that is asked for."""
    _check_fields(asked.request.return_fields)
    columns, scenario, request = asked.columns, asked.scenario, asked.request
    returns = asked.loaded.get(RETURNS)
    known, stamp = (returns.facts(columns), returns.version) if returns else ({}, None)
    facts = Facts(asked.history(asked.trail), len(columns), known, stamp)
    effect = rules.applied(asked.rules, columns, facts)
    boost = _product(
        [
            *(factors(text, columns, facts) for text in (scenario.boost, request.boost) if text.strip()),
            *([] if effect.factors is None else [effect.factors]),
        ]
    )
    wanted = _both([kept(text, columns, facts) for text in (scenario.filter, request.filter) if text.strip()])
    possible = _possible(asked, facts) & ~effect.excluded
    is_new = unfamiliar(columns, facts.history) if asked.novelty else None
    query = _query(asked, facts, possible, boost, is_new)
    sources = _sources(asked)
    pauses = returns.pauses_of(columns) if returns else None
    about = About(scenario, columns, facts, asked.history_of_lists, pauses, asked.exposures, asked.fresh)
    chance = np.random.default_rng(asked.seed)
    lots = list[Lot]()
    pinned = Pipeline(_pinned(asked, effect))

    def listed(allowed: Mask, n: int) -> list[Choice]:
        if asked.less is None:
            return best(allowed, n)
        wanted = best(allowed & ~asked.less, n)
        return [*wanted, *best(allowed & asked.less, n - len(wanted))]

    def best(allowed: Mask, n: int) -> list[Choice]:
        first = pinned(replace(query, allowed=allowed & effect.pinned, n=n)) if effect.pinned.any() else []
        rest = replace(query, allowed=allowed & ~effect.pinned, n=n - len(first))
        explore = explorer(about, rest, len(sources), chance)
        steps = steps_of(about, boost, sources)
        if is_new is not None:
            steps.append(partial(renewed, is_new=is_new, share=asked.novelty, n=scenario.n))
        if explore:
            steps.append(explore)
        pipeline = Pipeline([*sources, Explored()] if explore else sources, steps, scenario.personalization)
        found = _ask(pipeline, asked, rest)
        lots.extend(explore.lots if explore else [])
        return [*first, *found]

    matching = listed(possible if wanted is None else possible & wanted, scenario.n)
    choices, missing = matching, scenario.n - len(matching)
    if wanted is not None and missing and not request.strict_filtering:
        choices = [*matching, *listed(possible & ~wanted, missing)]
    telling = _Telling(asked, facts, effect.applied, len(matching))
    items = [telling.item(choice, place) for place, choice in enumerate(choices)]
    explored = explorations(lots, [item.item_id for item in items], columns, asked.now)
    return Made(_why(choices), _detail(asked, possible, wanted, choices), items, explored)


def _possible(asked: Asked, facts: Facts) -> Mask:
    """Return what may be listed whatever the filter says: it can be bought, and nobody asked to leave it out."""
    request, columns = asked.request, asked.columns
    possible = columns.buyable(asked.now) & ~asked.mask([*request.exclude, *asked.shown, *asked.context])
    if asked.scenario.leave_out:
        possible &= ~kept(asked.scenario.leave_out, columns, facts)
    for among in (request.rank, asked.found):
        if among is not None:
            possible &= asked.mask(among)
    return possible


def _product(boosts: Sequence[Numbers]) -> Numbers | None:
    return reduce(np.multiply, boosts) if boosts else None


def _both(filters: Sequence[Mask]) -> Mask | None:
    return reduce(np.logical_and, filters) if filters else None


def _query(asked: Asked, facts: Facts, allowed: Mask, boost: Numbers | None, is_new: Mask | None) -> Query:
    """Return the wish: for the products of the page, where there are any, else for the person."""
    history, shopper_id = facts.history, asked.shopper_id if asked.scenario.personalization else None
    if asked.context:
        history, shopper_id = asked.history(_taken(asked.context, asked.now)), None
    lifted = [*([] if boost is None else [boost > 1]), *([] if is_new is None else [is_new])]
    return Query(history, allowed, asked.scenario.n, shopper_id, reduce(np.logical_or, lifted) if lifted else None)


def _ask(pipeline: Pipeline, asked: Asked, query: Query) -> list[Choice]:
    """Ask for the person, or for a stranger, or for the mixture that the scenario wants."""
    if not query.n or not query.allowed.any():
        return []
    if asked.scenario.personalization in (0, 1) or asked.context:
        return pipeline(query)
    return pipeline(query, replace(query, history=asked.history(Trail()), shopper_id=None))


def _sources(asked: Asked) -> list[Source]:
    """Return the sources of the scenario that there are; the shop's own model where there are none."""
    sources: list[Source] = []
    own = asked.loaded[asked.model].source
    enough = asked.supported(asked.columns.items.indices(asked.context)) if asked.context else None

    def held(name: str) -> Source:
        # What leads from product to product are people, and of too few of them one could be found out.
        found = asked.loaded[name]
        return Supported(found.source, enough) if enough is not None and found.of_behaviour else found.source

    for name in asked.scenario.sources:
        if name == RECENT:
            sources.append(Recent())
        elif name == NEW:
            sources.append(InOrder(NEW, lambda: own.unknown(len(asked.columns))[::-1], ReasonKind.NEW))
        elif name == MODEL:
            sources.append(held(asked.model))
        elif name in asked.loaded:
            sources.append(held(name))
    if asked.request.rank or asked.found:
        given = asked.columns.items.indices(list(dict.fromkeys([*(asked.request.rank or []), *(asked.found or [])])))
        sources.append(InOrder("given", lambda: given[given >= 0], ReasonKind.CHOSEN))
    # A model may be named by the scenario and be the shop's own.
    once = {source.name: source for source in sources or [held(asked.model)]}
    return [Ahead(source, asked.ahead[name]) if name in asked.ahead else source for name, source in once.items()]


def _pinned(asked: Asked, effect: rules.Effect) -> list[Source]:
    """Return a source for each rule that pins, in the order of the rules."""
    return [
        InOrder(f"rule:{name}", partial(np.flatnonzero, effect.applied[name]), ReasonKind.CHOSEN)
        for name, rule in asked.rules.items()
        if rule.action == "pin"
    ]


def _taken(item_ids: Sequence[str], now: datetime) -> Trail:
    return Trail.of_rows((item_id, EventType.PURCHASE, to_us(now), 1, None, None, None) for item_id in item_ids)


def _why(choices: Sequence[Choice]) -> Why:
    if not choices:
        return "empty"
    everybodys = (ReasonKind.POPULAR, ReasonKind.TRENDING, ReasonKind.NEW, ReasonKind.CHOSEN, ReasonKind.EXPLORED)
    return "popular" if all(choice.reason.kind in everybodys for choice in choices) else "personal"


def _detail(asked: Asked, possible: Mask, wanted: Mask | None, choices: Sequence[Choice]) -> str | None:
    """Say why there are fewer products than asked for."""
    if len(choices) == asked.scenario.n:
        return None
    left = possible if wanted is None else possible & wanted
    n_possible, n_left = int(np.count_nonzero(possible)), int(np.count_nonzero(left))
    if n_left < n_possible and not n_left:
        return f"No product matches the filter; without it there are {n_possible:,} to choose from."
    if not n_possible:
        return "No product is left: all that there are cannot be bought, were left out, or are on the pages before."
    if len(choices) == n_left:
        return f"There are no more than {n_left:,} products that may be listed."
    return f"Only {len(choices):,} of the {n_left:,} products that may be listed were found by the scenario's sources."


def _check_fields(names: Sequence[str]) -> None:
    known = (*FIELDS, *_LINKS)
    for name in names:
        if name not in known:
            raise InvalidInput(f"return_fields: {UnknownName('field', name, known)}")


@dataclass(frozen=True, slots=True, eq=False)
class _Telling:
    """Puts choices into the words of the contract."""

    asked: Asked
    facts: Facts
    applied: Mapping[str, Mask]
    n_matching: int

    def item(self, choice: Choice, place: int) -> RecommendedItem:
        """Return one product of the answer."""
        product = self.asked.columns.products[choice.item_idx]
        reason = told(self._counted(choice, self._supported(choice)))
        because = self.asked.columns.products[reason.because].title if reason.because >= 0 else None
        return RecommendedItem(
            item_id=product.item_id,
            position=len(self.asked.shown) + place + 1,
            title=product.title,
            price_minor=product.price.minor if product.price else None,
            currency=product.price.currency if product.price else None,
            image_url=product.image_url,
            score=choice.score,
            source=choice.source,
            reason=reason.kind.value,
            people=reason.people,
            shared=reason.shared,
            times=reason.times,
            because=because,
            text=sentence(reason, because, self._did(reason.because)),
            rules=[name for name, about in self.applied.items() if about[choice.item_idx]],
            matches_filter=place < self.n_matching,
            fields={name: self._field(name, choice.item_idx) for name in self.asked.request.return_fields},
        )

    def _did(self, item_idx: int) -> str:
        """Return what the person did with a product of their own; nothing with that of the page."""
        if item_idx < 0:
            return ""
        return "bought" if self.facts["bought"][item_idx] else "looked at" if self.facts["seen"][item_idx] else ""

    def _supported(self, choice: Choice) -> Reason:
        """Return the reason; it names no product of the person from which too few people came to this one."""
        reason = choice.reason
        if reason.kind is not ReasonKind.SIMILAR or reason.because < 0:
            return reason
        enough = self.asked.supported(np.array([reason.because]))
        return reason if enough is None or enough[choice.item_idx] else Reason(ReasonKind.HISTORY)

    def _counted(self, choice: Choice, reason: Reason) -> Reason:
        """Return the reason; of all who took the product it counts as exactly as everybody may know."""
        if reason.kind not in (ReasonKind.POPULAR, ReasonKind.TRENDING):
            return reason
        found = self.asked.loaded.get(choice.source)
        is_noisy = found is not None and found.is_noisy
        hidden = self.asked.hides_counts and not is_noisy
        return replace(reason, is_noisy=is_noisy, people=0 if hidden else reason.people)

    def _field(self, name: str, item_idx: int) -> str | float | bool | list[str] | None:
        product = self.asked.columns.products[item_idx]
        if name in FIELDS:
            value = FIELDS[name].read(product)
            return list(value) if isinstance(value, tuple) else value
        return product.url if name == "url" else product.image_url
