"""Many appends in one: what comes while the disk is busy is written together with the next turn."""

import asyncio
from collections.abc import Sequence
from itertools import islice

from shopkeeper.data.events import Event
from shopkeeper.kit.errors import ShopkeeperError
from shopkeeper.ports import EventStore, OffLoop

_MOST = 5000
"""Events written together, about: the last to come waits no longer than these take."""

_Waiting = tuple[Sequence[Event], "asyncio.Future[list[bool]]"]


class GroupedAppends:
    """Appends to a store, each acknowledged when it is on disk; one turn of the disk serves all that wait for it.

    A transaction costs the disk about a millisecond, whether it holds one event or a thousand.
    """

    def __init__(self, store: EventStore, off_loop: OffLoop) -> None:
        self._store, self._off_loop = store, off_loop
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def append(self, events: Sequence[Event]) -> list[bool]:
        """Store all or none; return for each event whether it is new."""
        answer: asyncio.Future[list[bool]] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, answer))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await answer

    async def _write(self) -> None:
        try:
            while group := self._next():
                await self._write_group(group)
        finally:
            self._writing = None

    def _next(self) -> list[_Waiting]:
        """Take those that have waited longest."""
        n_events, n_taken = 0, 0
        for events, _ in self._waiting:
            if n_taken and n_events + len(events) > _MOST:
                break
            n_events, n_taken = n_events + len(events), n_taken + 1
        taken, self._waiting = list(islice(self._waiting, n_taken)), self._waiting[n_taken:]
        return taken

    async def _write_group(self, group: Sequence[_Waiting]) -> None:
        together = [event for events, _ in group for event in events]
        try:
            is_new = iter(await self._off_loop(lambda: self._store.append(together)))
        except Exception as error:
            if len(group) == 1 or not isinstance(error, ShopkeeperError):
                for _, answer in group:
                    _settle(answer, error)
                return
            # One of them is at fault, or the store is gone: each gets its own answer.
            for one in group:
                await self._write_group([one])
        else:
            for events, answer in group:
                _settle(answer, list(islice(is_new, len(events))))


def _settle(answer: "asyncio.Future[list[bool]]", result: list[bool] | Exception) -> None:
    """Answer whoever still waits."""
    if answer.done():
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)
