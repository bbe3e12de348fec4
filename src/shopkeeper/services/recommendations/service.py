"""Ask the model for one person: history from the events service, titles from the catalogue."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import uuid4

from shopkeeper.data.catalog import is_available
from shopkeeper.data.events import INTERACTIONS, Event, EventType
from shopkeeper.data.items import Exclude, Item
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import NotFitted, NotFound, Unavailable
from shopkeeper.pipeline import Recommender
from shopkeeper.ports import ModelStore, OffLoop
from shopkeeper.ranking.explain import sentence
from shopkeeper.services.catalog.contract import Catalog, ProductModel
from shopkeeper.services.events.contract import EventOut, Events, History
from shopkeeper.services.recommendations.contract import Recommendation, RecommendedItem, RecommendRequest

T = TypeVar("T")
_log = logging.getLogger(__name__)

_NEWEST = 20_000
"""Interactions of a person that are looked at; what lies before them may be shown again."""
_SPARE = 20
"""Asked for beyond the wish, to replace what cannot be bought now."""
_FALLBACK = "popularity"


@dataclass
class RecommendationsService:
    """The recommendations service over fitted models; a newly fitted one is picked up with the next request.

    While the events service is silent everybody is a stranger, who gets what is popular; while the catalogue is, ids
    stand in for titles, and products that cannot be bought now may be among them.
    """

    events: Events
    catalog: Catalog
    models: ModelStore
    """Holds what it loaded: it is asked with every request."""
    model: str
    """The model that is asked unless the request names another."""
    clock: Clock
    off_loop: OffLoop
    patience_s: float | None = None
    """Seconds that history, and then titles, may take, None for any; without them there is still an answer."""
    _built: dict[str, tuple[str, Recommender]] = field(default_factory=dict)
    """The version of each model that was asked last, with popularity behind it."""

    async def recommend(self, request: RecommendRequest) -> Recommendation:
        """Return products for a person; NotFound for a named model nobody fitted, NotFitted for the shop's own."""
        name = request.model or self.model
        try:
            version, recommender = await self.off_loop(lambda: self._recommender(name))
        except NotFound as error:
            if request.model:
                raise
            # Nobody asked for something that is not there: the shop is not ready.
            raise NotFitted(str(error)) from error
        asked = self.events.history(request.shopper_id, limit=_NEWEST, types=INTERACTIONS)
        history = await self._in_time(asked, otherwise=History(events=[]))
        events = [_event(told) for told in reversed(history.events)]
        now, exclude = self.clock(), Exclude(seen=request.exclude_seen)
        found = await self.off_loop(
            lambda: recommender.recommend(
                events, now=now, shopper_id=request.shopper_id, n=request.n + _SPARE, exclude=exclude
            )
        )
        names = dict.fromkeys([*(item.item_id for item in found), *(item.because for item in found if item.because)])
        nothing: dict[str, ProductModel] = {}
        products = await self._in_time(self.catalog.get_many(list(names)), otherwise=nothing)
        shown = [item for item in found if item.item_id not in products or is_available(products[item.item_id], now)]
        items = [_told(item, products) for item in shown[: request.n]]
        return Recommendation(
            recommendation_id=uuid4().hex,
            model=name,
            version=version,
            reason="personal" if any(item.reason != "popular" for item in items) else "popular",
            items=items,
        )

    async def _in_time(self, asked: Awaitable[T], *, otherwise: T) -> T:
        try:
            async with asyncio.timeout(self.patience_s):
                return await asked
        except Unavailable:
            return otherwise
        except TimeoutError:
            _log.warning("recommendations went on after %g s without history or titles", self.patience_s)
            return otherwise

    def _recommender(self, name: str) -> tuple[str, Recommender]:
        saved = self.models.load(name)
        if name not in self._built or self._built[name][0] != saved.version:
            fallback = None
            if name != _FALLBACK and self.models.current(_FALLBACK):
                popular = self.models.load(_FALLBACK)
                # Fitted on other products, its numbers would mean other things.
                fallback = popular.scorer if popular.items == saved.items else None
            self._built[name] = saved.version, Recommender(saved.scorer, saved.users, saved.items, fallback=fallback)
        return self._built[name]


def _event(told: EventOut) -> Event:
    return Event(
        event_id=told.event_id,
        type=EventType[told.type.upper()],
        at=told.at,
        visitor_id=told.visitor_id,
        user_id=told.user_id,
        item_id=told.item_id,
        quantity=told.quantity,
        rating=told.rating,
    )


def _told(item: Item, products: Mapping[str, ProductModel]) -> RecommendedItem:
    product = products.get(item.item_id)
    because = None
    if item.because:
        because = products[item.because].title if item.because in products else item.because
    return RecommendedItem(
        item_id=item.item_id,
        title=product.title if product else item.item_id,
        price_minor=product.price_minor if product else None,
        currency=product.currency if product else None,
        image_url=product.image_url if product else None,
        score=item.score,
        reason=item.reason.kind.value,
        people=item.reason.people,
        shared=item.reason.shared,
        times=item.reason.times,
        because=because,
        text=sentence(item.reason, because),
    )
