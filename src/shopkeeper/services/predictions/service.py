"""Say what shoppers will do: what was learned, asked about what they had done until now."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import numpy as np

from shopkeeper.data.consent import Purpose, Standing
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.trail import Trail
from shopkeeper.kit.clock import Clock, from_us, to_us
from shopkeeper.kit.errors import InvalidInput, ShopkeeperError, UnknownName
from shopkeeper.ports import OffLoop, OutlookStore, PredictionStore, SavedOutlook, SegmentDefinitions
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.outlook import Outlook, Score
from shopkeeper.services.catalog.contract import Catalog
from shopkeeper.services.events.contract import Events
from shopkeeper.services.people.contract import People
from shopkeeper.services.predictions.contract import (
    Checked,
    CheckRequest,
    Predicted,
    PredictionAbout,
    PredictionOut,
    PredictionsAbout,
    PredictRequest,
    SegmentAbout,
    SegmentsAbout,
    ShopperSegments,
)
from shopkeeper.services.predictions.segments import people_of, segments_of

MOST = 20_000
"""Events of a person that are read; who did more is no person, and nothing is said."""
_NO_PERSON = f"did more than {MOST:,} things, as no person does"
_REFUSED = "does not allow predictions, and nothing is said"
_MOST_PAIRS = 1000
_AT_ONCE = 16
"""Histories read together."""
_TOLERANCE = timedelta(days=1)
"""How far ahead a clock may run, as for events."""


class PredictionsService:
    """The predictions service over what was learned; what is newly learned answers from the next request on."""

    def __init__(
        self,
        events: Events,
        catalog: Catalog,
        people: People,
        predictions: PredictionStore,
        outlooks: OutlookStore,
        segments: SegmentDefinitions,
        clock: Clock,
        off_loop: OffLoop,
    ) -> None:
        self._events, self._catalog, self._people = events, catalog, people
        self._predictions, self._outlooks, self._segments = predictions, outlooks, segments
        self._clock, self._off_loop = clock, off_loop

    async def known(self) -> PredictionsAbout:
        """Return what can be asked, how well that was learned, or why nothing is said."""
        names = self._predictions.names()
        return PredictionsAbout(predictions=await self._off_loop(lambda: [self._about(name) for name in names]))

    def _about(self, name: str) -> PredictionAbout:
        about = PredictionAbout(name=name)
        try:
            prediction = self._predictions.get(name)
            about.about, about.not_for = prediction.about, prediction.not_for
            saved = self._outlooks.load(name, prediction)
        except ShopkeeperError as error:
            about.why_not = str(error)
            return about
        about.version, about.metrics = saved.outlook.version, dict(saved.outlook.metrics)
        about.as_of, about.fitted_at = from_us(saved.outlook.as_of), saved.fitted_at
        return about

    async def predict(self, name: str, request: PredictRequest) -> Predicted:
        """Return what some shoppers will do."""
        as_of = self._moment(request.as_of)
        prediction = await self._off_loop(lambda: self._predictions.get(name))
        saved = await self._off_loop(lambda: self._outlooks.load(name, prediction))
        known = await self._known(request.shopper_ids)
        told = await self._told(known)
        scores = await self._off_loop(lambda: _scores(saved, told, request, as_of))
        refused = partial(replace, value=None, text=_REFUSED, reasons=())
        said = [_out(one if known[one.shopper_id] else refused(one)) for one in scores]
        return Predicted.model_construct(
            name=name, about=prediction.about, not_for=prediction.not_for, predictions=said
        )

    async def segments(self) -> SegmentsAbout:
        """Return all segments as they are now, and why nothing can be said of some."""
        return await self._off_loop(lambda: SegmentsAbout(segments=self._all_segments()))

    def _all_segments(self) -> list[SegmentAbout]:
        segments, problems = segments_of(self._segments, self._predictions)
        told = [SegmentAbout(name=name, why_not=problems.get(name)) for name in self._segments.names()]
        for about in told:
            try:
                if about.why_not is None:
                    segment = self._segments.get(about.name)
                    about.about, about.where = segment.about, segment.where
                    about.predictions = sorted(segments.needed(about.name))
                    self._learned(about.predictions)
            except ShopkeeperError as error:
                about.why_not = str(error)
        return told

    def _learned(self, names: Iterable[str]) -> dict[str, tuple[Prediction, Outlook]]:
        found = [(name, self._predictions.get(name)) for name in names]
        return {name: (one, self._outlooks.load(name, one).outlook) for name, one in found}

    async def segments_of(self, request: CheckRequest) -> Checked:
        """Return in which segments some shoppers are."""
        as_of = self._moment(request.as_of)
        known = await self._known(request.shopper_ids)
        told = await self._told(known)
        left = {one: standing.preferences.not_in for one, standing in known.items() if standing}
        return await self._off_loop(lambda: self._checked(told, left, request, as_of))

    def _checked(
        self, told: Behaviour, left: Mapping[str, Sequence[str]], request: CheckRequest, as_of: datetime
    ) -> Checked:
        segments, unsaid = segments_of(self._segments, self._predictions)
        past = told.of_people(told.log.users.indices(request.shopper_ids), to_us(as_of))
        users, found = np.unique(past.user_idx), dict[str, list[str]]()
        known = self._segments.names()
        for name in known if request.segments is None else dict.fromkeys(request.segments):
            try:
                if name not in known:
                    raise UnknownName("segment", name, known)
                if name not in unsaid:
                    people = people_of(self._learned(segments.needed(name)), told, past, users, as_of)
                    for who in (told.log.users[user] for user in users[segments.of(name, people)].tolist()):
                        if name not in left.get(who, ()):
                            found.setdefault(who, []).append(name)
            except ShopkeeperError as error:
                unsaid[name] = str(error)
        shoppers = [ShopperSegments(shopper_id=one, segments=found.get(one, [])) for one in request.shopper_ids]
        return Checked(as_of=as_of, shoppers=shoppers, unsaid=unsaid)

    def _moment(self, asked: datetime | None) -> datetime:
        now = self._clock()
        if asked and asked > now + _TOLERANCE:
            raise InvalidInput(f"as_of is {asked.isoformat()}, in the future.")
        return asked or now

    async def _known(self, shopper_ids: list[str]) -> dict[str, Standing | None]:
        """Return what may be done for each person, None of who refuses predictions."""
        ids = list(dict.fromkeys(shopper_ids))
        standings = await self._people.standings([[one] for one in ids])
        allowing = (one if Purpose.PREDICTION in one.allowed else None for one in standings)
        return dict(zip(ids, allowing, strict=True))

    async def _told(self, known: Mapping[str, Standing | None]) -> Behaviour:
        """Return what these people did and allow to be looked at, in the categories of the products."""
        trails = dict.fromkeys(known, Trail())
        asked = [(one, standing) for one, standing in known.items() if standing]
        for start in range(0, len(asked), _AT_ONCE):
            part = asked[start : start + _AT_ONCE]
            read = await asyncio.gather(*(self._events.trail(one, limit=MOST) for one, _ in part))
            for (one, standing), trail in zip(part, read, strict=True):
                trails[one] = trail.after(standing.preferences.reset_at)
        log = EventLog.of_trails(trails)
        products = await self._catalog.get_many(list(log.items)) if len(log.items) else {}
        return Behaviour.of(log, {item: one.categories[0] for item, one in products.items() if one.categories})


def _scores(saved: SavedOutlook, told: Behaviour, request: PredictRequest, as_of: datetime) -> list[Score]:
    pairs = [(shopper, item) for shopper in request.shopper_ids for item in request.item_ids or [""]]
    if len(pairs) > _MOST_PAIRS:
        raise InvalidInput(f"There are {len(pairs):,} pairs of a shopper and a product: ask for up to {_MOST_PAIRS:,}.")
    items = [item for _, item in pairs] if request.item_ids else None
    scores = saved.outlook.scores(told, [shopper for shopper, _ in pairs], as_of, items=items, why=request.why)
    n_events = np.bincount(told.log.user_idx, minlength=len(told.log.users))
    return [
        replace(one, value=None, text=_NO_PERSON, reasons=())
        if n_events[told.log.users.index(one.shopper_id)] >= MOST
        else one
        for one in scores
    ]


def _out(score: Score) -> PredictionOut:
    return PredictionOut.model_construct(
        shopper_id=score.shopper_id,
        item_id=score.item_id,
        value=score.value,
        text=score.text,
        reasons=list(score.reasons),
        version=score.version,
        as_of=score.as_of,
    )
