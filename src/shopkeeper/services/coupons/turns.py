"""Many acts in one turn at the ledger: what comes while the disk is busy is written together with the next turn."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any, Generic, TypeVar

from shopkeeper.coupons.book import Book, Touched
from shopkeeper.kit.errors import InvalidInput, ShopkeeperError
from shopkeeper.ports import OffLoop
from shopkeeper.ports.coupons import CouponStore

T = TypeVar("T")
_MOST = 64
"""Acts of one turn: the last to come waits no longer than these take."""


@dataclass(slots=True, eq=False)
class _Turn(Generic[T]):
    touched: Touched
    act: Callable[[Book], T]
    answer: "asyncio.Future[T]"
    come: list[T | ShopkeeperError] = field(default_factory=list)
    """What came of it, once it was its turn."""

    def go(self, book: Book) -> None:
        """Act. What is refused with an error has changed nothing, so the others go on."""
        try:
            self.come = [self.act(book)]
        except ShopkeeperError as error:
            self.come = [error]

    def settle(self, error: Exception | None = None) -> None:
        """Answer whoever still waits."""
        if self.answer.done():
            return
        come = error or self.come[0]
        if isinstance(come, Exception):
            self.answer.set_exception(come)
        else:
            self.answer.set_result(come)


class Turns:
    """Acts at the ledger, each answered when what it did is on disk."""

    def __init__(self, store: CouponStore, off_loop: OffLoop) -> None:
        self._store, self._off_loop = store, off_loop
        self._waiting: list[_Turn[Any]] = []
        self._acting: asyncio.Task[None] | None = None

    async def run(self, touched: Touched, act: Callable[[Book], T]) -> T:
        """Return what an act returns, or raise what it raises; it may be run again from the beginning."""
        turn = _Turn(touched, act, asyncio.get_running_loop().create_future())
        self._waiting.append(turn)
        if self._acting is None:
            self._acting = asyncio.create_task(self._act())
        answer: T = await turn.answer
        return answer

    async def _act(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._act_together(group)
        finally:
            self._acting = None

    async def _act_together(self, group: list[_Turn[Any]]) -> None:
        touched = reduce(add, (turn.touched for turn in group))

        def all_of_them(book: Book) -> None:
            for turn in group:
                turn.go(book)

        try:
            await self._off_loop(lambda: self._store.run(touched, all_of_them))
        except Exception as error:
            if len(group) > 1 and isinstance(error, InvalidInput):
                # One of them says what the database cannot store: each gets its own answer.
                for turn in group:
                    await self._act_together([turn])
                return
            for turn in group:
                turn.settle(error)
        else:
            for turn in group:
                turn.settle()
