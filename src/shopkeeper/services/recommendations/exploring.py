"""What lists need to find out about products, and what they note of it."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from shopkeeper.data.columns import Columns, Numbers
from shopkeeper.data.events import EventType
from shopkeeper.data.exploration import Exploration
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import ShopkeeperError
from shopkeeper.ports import OffLoop
from shopkeeper.ports.exploration import ExplorationLog
from shopkeeper.ranking.exploring import Exposures
from shopkeeper.services.events.contract import Events, Traffic

_DAYS = 28
_MOST = 1_000_000
_FRESH = timedelta(minutes=5)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Watch:
    """What everybody was shown and clicked on in the last four weeks, counted anew every five minutes.

    Lists never wait for it: they are made from the last count, and the first ones from none.
    """

    events: Events
    clock: Clock
    _asked: datetime | None = None
    _counting: "asyncio.Task[None] | None" = None
    _told: tuple[Traffic, Traffic] | None = None
    _made: tuple[Columns, Exposures] | None = None

    def exposures(self, columns: Columns) -> Exposures | None:
        """Return the counts in the numbers of the columns; None where nothing was shown, or counted yet."""
        now = self.clock()
        if self._counting is None and (self._asked is None or now - self._asked >= _FRESH):
            self._asked, self._counting = now, asyncio.create_task(self._count())
        if self._told is None or not self._told[0].products:
            return None
        if self._made is None or self._made[0] is not columns:
            self._made = columns, Exposures(*(_placed(told, columns) for told in self._told))
        return self._made[1]

    async def _count(self) -> None:
        try:
            self._told = (await self._of(EventType.IMPRESSION), await self._of(EventType.CLICK))
            self._made = None
        except (ShopkeeperError, TimeoutError):
            _log.warning("what was shown could not be counted; lists explore by what was counted before")
        finally:
            self._counting = None

    async def _of(self, kind: EventType) -> Traffic:
        return await self.events.traffic(days=_DAYS, limit=_MOST, types=[kind])


def _placed(told: Traffic, columns: Columns) -> Numbers:
    counts = np.zeros(len(columns))
    places = columns.items.indices([one.item_id for one in told.products])
    numbers = np.array([one.events for one in told.products], np.float64)
    counts[places[places >= 0]] = numbers[places >= 0]
    return counts


@dataclass(slots=True)
class Notes:
    """Writes down what was explored, beside the answers: what comes while the disk is busy goes with the next turn."""

    log: ExplorationLog
    off_loop: OffLoop
    _waiting: list[Exploration] = field(default_factory=list)
    _writing: "asyncio.Task[None] | None" = None

    def add(self, places: Iterable[Exploration]) -> None:
        """Note some places."""
        self._waiting += places
        if self._waiting and self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting, []
                await self._add(taken)
        finally:
            self._writing = None

    async def _add(self, taken: Sequence[Exploration]) -> None:
        try:
            await self.off_loop(lambda: self.log.add(taken))
        except ShopkeeperError as error:
            _log.warning("%d explored places are not noted: %s", len(taken), error)
