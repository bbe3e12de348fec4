import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from threading import Event, get_ident

import pytest

from shopkeeper.app.threads import Together, off_loop

_WHO: ContextVar[str] = ContextVar("who")


def _broken() -> int:
    raise LookupError("no such row")


@pytest.mark.anyio
async def test_what_is_asked_in_one_turn_shares_a_thread_and_what_comes_later_has_another_turn() -> None:
    together = Together()
    first, second = await asyncio.gather(together(get_ident), together(get_ident))
    assert first == second != get_ident()
    assert await together(lambda: 3) == 3


@pytest.mark.anyio
async def test_what_fails_is_told_to_whoever_asked_for_it_alone() -> None:
    together = Together()
    told = await asyncio.gather(together(lambda: 1), together(_broken), together(lambda: 2), return_exceptions=True)
    assert told[0] == 1
    assert isinstance(told[1], LookupError)
    assert told[2] == 2


@pytest.mark.anyio
async def test_each_work_sees_what_was_set_where_it_was_asked_for() -> None:
    together = Together()

    async def ask(who: str) -> str:
        _WHO.set(who)
        return await together(_WHO.get)

    assert tuple(await asyncio.gather(ask("anna"), ask("ben"))) == ("anna", "ben")


@pytest.mark.anyio
async def test_who_no_longer_waits_keeps_nobody_else_from_an_answer() -> None:
    together, go = Together(), Event()
    gone = asyncio.ensure_future(together(go.wait))
    stays = asyncio.ensure_future(together(lambda: "here"))
    await asyncio.sleep(0)
    gone.cancel()
    go.set()
    assert await stays == "here"
    assert gone.cancelled()


@pytest.mark.anyio
async def test_many_works_are_shared_out_to_several_threads() -> None:
    together, met = Together(), Event()

    # The first waits until the last has run, which on one thread would be never.
    works: list[Callable[[], object]] = [lambda: met.wait(30), *[lambda: None] * 98, met.set]
    assert (await asyncio.gather(*map(together, works)))[0]


@pytest.mark.anyio
async def test_the_loop_goes_on_meanwhile() -> None:
    go = Event()
    for run in (Together(), off_loop):
        go.clear()
        waiting = asyncio.ensure_future(run(lambda: go.wait(30)))
        await asyncio.sleep(0.01)
        go.set()
        assert await waiting
