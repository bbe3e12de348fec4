"""What answers are made from, kept up to date: the catalogue as columns, and fitted models as sources."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

import numpy as np

from shopkeeper.data.catalog import Product
from shopkeeper.data.columns import Columns, Numbers
from shopkeeper.data.facts import Fact
from shopkeeper.estimator import TableScorer
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import IncompatibleVersion, NotFound
from shopkeeper.kit.settle import settle
from shopkeeper.ports import ModelStore, OffLoop
from shopkeeper.ranking.sources import ModelSource
from shopkeeper.ranking.support import Support
from shopkeeper.services.catalog.contract import Catalog

RETURNS = "buy_again"
"""The model that learns how many of a product's buyers come back for it."""

CONTENT = "content"
"""The model that compares texts: nobody stands behind what it says."""
TOGETHER = "together"
"""The model that knows how many people two products have in common."""

_MANY = 10_000
"""Products that are new in memory at once, from which on a search for garbage among them is felt."""


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """One fitted model, ready to be asked."""

    version: str
    source: ModelSource
    returns: Numbers | None = None
    """(n_items,), of `buy_again`: the return rates of the model's products."""
    pauses: Numbers | None = None
    """(n_items,), of the same: the days for which who bought one needs nothing of its kind."""
    support: Support | None = None
    """Of `together`: the people behind pairs of products."""
    of_behaviour: bool = True
    """Whether what leads from one product to another are people who took both."""
    is_noisy: bool = False
    """Whether its counts of people are, so that everybody may see them."""

    def pauses_of(self, columns: Columns) -> Numbers:
        """Return the days of each product, in the numbers of the columns; NaN where nothing is known."""
        key = ("pauses", self.version)
        return cast("Numbers", columns.remember(key, lambda: self._placed(self.pauses, len(columns))))

    def facts(self, columns: Columns) -> dict[str, Fact]:
        """Return what is known of each product, in the numbers of the columns."""
        return {
            "return_rate": columns.remember((RETURNS, self.version), lambda: self._placed(self.returns, len(columns)))
        }

    def _placed(self, known: Numbers | None, n_items: int) -> Numbers:
        placed = np.full(n_items, np.nan)
        if known is not None:
            placed[self.source.places] = known
        return placed


@dataclass
class Knowledge:
    """The catalogue and the models; numbers of products never change, new ones join at the end."""

    catalog: Catalog
    models: ModelStore
    clock: Clock
    off_loop: OffLoop
    fresh: timedelta
    """For how long the catalogue is taken to be as it was."""
    columns: Columns = field(default_factory=Columns)
    _number: int = 0
    """Of the last change of the catalogue that is in the columns."""
    _changed: list[Product] = field(default_factory=list)
    """Changes that are not in the columns yet."""
    _asked: datetime | None = None
    _loaded: dict[str, Loaded] = field(default_factory=dict)
    _unreadable: set[tuple[str, str]] = field(default_factory=set)
    """Versions that were tried in vain: whatever was loaded before goes on answering."""
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refresh(self) -> None:
        """Take in what changed in the catalogue, unless that was done just now; Unavailable when it does not answer."""
        now = self.clock()
        # While somebody else asks, or loads, what is known serves; only the very first have to wait.
        if self._is_fresh(now) or (self._asked and self._busy.locked()):
            return
        async with self._busy:
            if self._is_fresh(now):
                return
            try:
                await self._take_changes()
            finally:
                self._asked = now

    def _is_fresh(self, now: datetime) -> bool:
        return self._asked is not None and now - self._asked < self.fresh

    async def _take_changes(self) -> None:
        while (told := await self.catalog.feed(self._number)).number != self._number:
            self._changed += map(_needed, told.products)
            self._changed += [Product(item_id=item_id, title=item_id, available=False) for item_id in told.removed]
            self._number = told.number
        if self._changed:
            self.columns = await self.off_loop(lambda: self.columns.updated(self._changed))
            n_changed, self._changed = len(self._changed), []
            if n_changed >= _MANY and self._loaded:  # else the first models come next
                await self.off_loop(settle)

    async def load(self, names: Collection[str]) -> dict[str, Loaded]:
        """Return the current version of those models that can be read, loading what is new."""
        current, before = {name: self.models.current(name) for name in names}, dict(self._loaded)
        for name, version in current.items():
            if self._is_new(name, version):
                async with self._busy:
                    if version is not None and self._is_new(name, version):
                        await self._try(name, version)
        if self._loaded != before and len(self.columns) >= _MANY:
            await self.off_loop(settle)
        return {name: self._loaded[name] for name in names if name in self._loaded}

    async def _try(self, name: str, version: str) -> None:
        try:
            self._loaded[name] = await self.off_loop(lambda: self._load(name))
        except (IncompatibleVersion, NotFound):
            self._unreadable.add((name, version))

    def _is_new(self, name: str, version: str | None) -> bool:
        if version is None or (name, version) in self._unreadable:
            return False
        return name not in self._loaded or self._loaded[name].version != version

    def _load(self, name: str) -> Loaded:
        saved = self.models.load(name)
        self.columns = self.columns.updated([], saved.items)
        places = self.columns.items.indices(list(saved.items))
        source = ModelSource(saved.scorer, saved.users, places)
        if name == RETURNS:
            returns, pauses = (saved.scorer.state()[one].astype(np.float64) for one in ("returns", "pauses"))
            return Loaded(saved.version, source, returns, pauses)
        pairs = saved.scorer.table_ if isinstance(saved.scorer, TableScorer) and name == TOGETHER else None
        support = None if pairs is None else Support(pairs, places.astype(np.intp))
        of_behaviour = saved.scorer.personalised and name != CONTENT
        is_noisy = saved.privacy is not None
        return Loaded(saved.version, source, support=support, of_behaviour=of_behaviour, is_noisy=is_noisy)


def _needed(product: Product) -> Product:
    """Return what lists need of a product: not its description, which can be long."""
    return replace(product, description="") if product.description else product
