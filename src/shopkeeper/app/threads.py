"""Where blocking work runs, so that it holds up nobody else's request."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")
_THREADS = ThreadPoolExecutor(40, "shopkeeper")
_MOST = 8
"""Works that share a thread: the first waits for the last."""

_Work = tuple[Callable[[], Callable[[], None]], "asyncio.Future[Any]"]
"""What does it and returns what tells of it, and who is told."""


async def off_loop(work: Callable[[], T]) -> T:
    """Run work on a thread of its own."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, copy_context().run, work)


class Together:
    """Runs short work, one after another on one thread: all that is asked for in one turn of the loop.

    To wake a thread takes longer than to read some rows, and threads that read at once pass the interpreter's lock on
    at each row.
    """

    def __init__(self) -> None:
        self._waiting: list[_Work] = []

    async def __call__(self, work: Callable[[], T]) -> T:
        """Return what the work returns, or raise what it raises."""
        loop, context = asyncio.get_running_loop(), copy_context()
        answer: asyncio.Future[T] = loop.create_future()

        def do() -> Callable[[], None]:
            try:
                return partial(answer.set_result, context.run(work))
            except BaseException as error:  # theirs who asked, as where work has a thread of its own
                return partial(answer.set_exception, error)

        if not self._waiting:
            loop.call_soon(self._start, loop)
        self._waiting.append((do, answer))
        return await answer

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), _MOST):
            _THREADS.submit(_do, waiting[start : start + _MOST], loop)


def _do(some: "list[_Work]", loop: asyncio.AbstractEventLoop) -> None:
    """Do some works, then tell the loop what came of them."""
    loop.call_soon_threadsafe(_tell, [(do(), answer) for do, answer in some])


def _tell(told: "list[tuple[Callable[[], None], asyncio.Future[Any]]]") -> None:
    for tell, answer in told:
        if not answer.done():  # somebody waits still
            tell()
