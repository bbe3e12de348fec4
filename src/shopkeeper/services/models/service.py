"""Ask a fitted model itself: histories in, scores and vectors out, without filters, fallback or reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from shopkeeper import models
from shopkeeper.data.events import INTERACTIONS, EventType
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Exclude
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import Embedder
from shopkeeper.kit.clock import Clock, to_us
from shopkeeper.kit.errors import InvalidInput, NotFound
from shopkeeper.ports import ModelStore, ModelVersion, OffLoop, SavedModel
from shopkeeper.services.models.contract import (
    Embeddings,
    EmbedRequest,
    FittedModel,
    FittedModels,
    HistoryEvent,
    HistoryScores,
    ModelVersionOut,
    OneHistory,
    ScoreRequest,
    Scores,
    Vector,
)

_TOLERANCE = timedelta(days=1)
"""How far ahead a clock may run, as for events."""
_PLAIN = HistoryEvent(item_id="any")
"""What is said of a product by its id alone."""


@dataclass(frozen=True, slots=True)
class ModelsService:
    """The models service over a store; a newly fitted version answers from the next request on."""

    store: ModelStore
    """Holds what it loaded: it is asked with every request."""
    clock: Clock
    off_loop: OffLoop

    async def fitted(self) -> FittedModels:
        """Return all models that were fitted, with the versions that are kept."""
        kept = await self.off_loop(lambda: [(name, self.store.versions(name)) for name in self.store.names()])
        return FittedModels(models=[_told(name, versions) for name, versions in kept if versions])

    async def get(self, name: str) -> FittedModel:
        """Return one model; NotFound when it was not fitted."""
        if not (versions := await self.off_loop(lambda: self.store.versions(name))):
            await self.off_loop(lambda: self._load(name, None))
        return _told(name, versions)

    async def score(self, name: str, request: ScoreRequest) -> Scores:
        """Score products for histories; NotFound for a model or version that is not there."""
        return await self.off_loop(lambda: self._score(self._load(name, request.version), request))

    async def embed(self, name: str, request: EmbedRequest) -> Embeddings:
        """Return vectors of histories and products; InvalidInput for a model that has none."""
        return await self.off_loop(lambda: self._embed(self._load(name, request.version), request))

    def _load(self, name: str, version: str | None) -> SavedModel:
        try:
            return self.store.load(name, version)
        except NotFound as error:
            raise NotFound(f"{error}. Fitted are: {', '.join(self.store.names()) or 'none'}.") from error

    def _score(self, model: SavedModel, request: ScoreRequest) -> Scores:
        batch = self._batch(request.histories, model.items)
        if request.items is None:
            best = model.scorer.top_n(batch, request.n, Exclude(seen=request.exclude_seen))
            scored = [_best(*row, model.items) for row in zip(best.item_idx, best.score, strict=True)]
        else:
            known = [item_id for item_id in request.items if item_id in model.items]
            if not known:
                raise InvalidInput(f"items: {model.scorer.name} {model.version} knows none of them.")
            scores = model.scorer.score(batch, model.items.indices(known)).astype(object)
            scores[scores == -np.inf] = None
            scored = [HistoryScores.model_construct(item_ids=known, scores=row) for row in scores.tolist()]
        return Scores.model_construct(
            model=model.scorer.name,
            version=model.version,
            histories=scored,
            unknown_item_ids=_unknown(request.histories, request.items, model.items),
        )

    def _embed(self, model: SavedModel, request: EmbedRequest) -> Embeddings:
        scorer = model.scorer
        if not isinstance(scorer, Embedder):
            able = ", ".join(name for name in models.names() if models.capabilities(name).embeds)
            raise InvalidInput(f"{scorer.name} has no vectors; these models have: {able}.")
        of_people = scorer.embed(self._batch(request.histories or [], model.items))
        idx = model.items.indices(request.items or [])
        of_products = np.full((len(idx), of_people.shape[1]), np.nan, np.float32)
        of_products[idx >= 0] = scorer.embed_items(idx[idx >= 0])
        return Embeddings.model_construct(
            model=scorer.name,
            version=model.version,
            dimension=of_people.shape[1],
            histories=_vectors(of_people),
            items=_vectors(of_products),
            unknown_item_ids=_unknown(request.histories, request.items, model.items),
        )

    def _batch(self, histories: Sequence[OneHistory], items: Vocabulary) -> HistoryBatch:
        """Return the histories as the model reads them, without what it does not know and what is no interaction."""
        rows = [[_PLAIN if isinstance(one, str) else one for one in history] for history in histories]
        events = [event for row in rows for event in row]
        now = self.clock()
        batch = HistoryBatch(
            indptr=np.cumsum([0, *map(len, rows)], dtype=np.int64),
            item_idx=items.indices(_ids(histories)),
            type=np.array([EventType[event.type.upper()] for event in events], np.int8),
            at=np.array([at for place, row in enumerate(rows) for at in _times(row, now, place)], np.int64),
            quantity=np.array([event.quantity for event in events], np.float32),
            rating=np.array([np.nan if event.rating is None else event.rating for event in events], np.float32),
            as_of=np.full(len(rows), to_us(now)),
            user_idx=np.full(len(rows), -1, np.int32),
        )
        return batch.keep(np.isin(batch.type, INTERACTIONS) & (batch.item_idx >= 0))


def _times(history: Sequence[HistoryEvent], now: datetime, place: int) -> list[int]:
    """Return when each event happened, in microseconds: without a time, when the next one did."""
    at_us, latest, times = to_us(now), to_us(now + _TOLERANCE), []
    for number in range(len(history) - 1, -1, -1):
        if at := history[number].at:
            at_us = to_us(at)
        if at_us > latest:
            raise InvalidInput(
                f"histories[{place}][{number}].at is {at}, in the future or after the event that follows; "
                "the newest comes last."
            )
        latest = at_us
        times.append(at_us)
    return times[::-1]


def _ids(histories: Sequence[OneHistory]) -> list[str]:
    return [one if isinstance(one, str) else one.item_id for history in histories for one in history]


def _unknown(histories: Sequence[OneHistory] | None, items: Sequence[str] | None, known: Vocabulary) -> list[str]:
    """Return each id once, in the order of the request."""
    return [item_id for item_id in dict.fromkeys([*_ids(histories or ()), *(items or ())]) if item_id not in known]


def _best(item_idx: NDArray[np.int32], score: NDArray[np.float32], items: Vocabulary) -> HistoryScores:
    there = item_idx >= 0
    item_ids = [items[idx] for idx in item_idx[there].tolist()]
    return HistoryScores.model_construct(item_ids=item_ids, scores=score[there].tolist())


def _vectors(vectors: NDArray[np.float32]) -> list[Vector]:
    there = ~np.isnan(vectors[:, 0])
    return [vector if known else None for known, vector in zip(there, vectors.tolist(), strict=True)]


def _told(name: str, versions: Sequence[ModelVersion]) -> FittedModel:
    return FittedModel(
        name=name,
        capabilities=models.capabilities(name),
        versions=[ModelVersionOut.model_validate(version, from_attributes=True) for version in versions],
    )
