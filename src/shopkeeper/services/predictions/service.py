"""Say what shoppers will do: what was learned, asked about what they had done until now."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.trail import Trail
from shopkeeper.kit.clock import Clock, from_us
from shopkeeper.kit.errors import InvalidInput, ShopkeeperError
from shopkeeper.ports import OffLoop, OutlookStore, PredictionStore, SavedOutlook
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.outlook import Score
from shopkeeper.services.catalog.contract import Catalog
from shopkeeper.services.events.contract import Events
from shopkeeper.services.predictions.contract import (
    Predicted,
    PredictionAbout,
    PredictionOut,
    PredictionsAbout,
    PredictRequest,
)

MOST = 20_000
"""Events of a person that are read; who did more is no person, and nothing is said."""
_NO_PERSON = f"did more than {MOST:,} things, as no person does"
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
        predictions: PredictionStore,
        outlooks: OutlookStore,
        clock: Clock,
        off_loop: OffLoop,
    ) -> None:
        self._events, self._catalog = events, catalog
        self._predictions, self._outlooks = predictions, outlooks
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
        now = self._clock()
        as_of = request.as_of or now
        if as_of > now + _TOLERANCE:
            raise InvalidInput(f"as_of is {as_of.isoformat()}, in the future.")
        prediction = await self._off_loop(lambda: self._predictions.get(name))
        saved = await self._off_loop(lambda: self._outlooks.load(name, prediction))
        told = await self._told(request.shopper_ids)
        scores = await self._off_loop(lambda: _scores(saved, told, request, as_of))
        return Predicted.model_construct(
            name=name, about=prediction.about, not_for=prediction.not_for, predictions=[_out(one) for one in scores]
        )

    async def _told(self, shopper_ids: list[str]) -> Behaviour:
        """Return what these people did, in the categories of the products they turned to."""
        ids, trails = list(dict.fromkeys(shopper_ids)), dict[str, Trail]()
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            read = await asyncio.gather(*(self._events.trail(one, limit=MOST) for one in part))
            trails |= zip(part, read, strict=True)
        log = EventLog.of_trails(trails)
        products = await self._catalog.get_many(list(log.items)) if len(log.items) else {}
        return Behaviour.of(log, {item: one.categories[0] for item, one in products.items() if one.categories})


def _scores(saved: SavedOutlook, told: Behaviour, request: PredictRequest, as_of: datetime) -> list[Score]:
    scores = saved.outlook.scores(told, request.shopper_ids, as_of, why=request.why)
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
        value=score.value,
        text=score.text,
        reasons=list(score.reasons),
        version=score.version,
        as_of=score.as_of,
    )
