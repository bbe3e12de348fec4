import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest

from shopkeeper.adapters.memory import MemoryEventStore
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.services.events.appending import GroupedAppends
from shopkeeper.testing.contract_suite import NOW

pytestmark = pytest.mark.anyio
T = TypeVar("T")


def event(event_id: str) -> Event:
    return Event(event_id=event_id, type=EventType.VIEW, at=NOW, visitor_id="v", item_id="a")


async def slowly(work: Callable[[], T]) -> T:
    """As a thread would, which lets others come meanwhile."""
    await asyncio.sleep(0)
    return work()


class Counting(MemoryEventStore):
    """Notes how many events each transaction had; refuses one that is called bad, and with it the whole transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def append(self, events: Sequence[Event]) -> list[bool]:
        if any(one.event_id == "bad" for one in events):
            raise InvalidInput("bad")
        self.sizes.append(len(events))
        return super().append(events)


async def test_what_comes_together_is_written_together() -> None:
    store = Counting()
    appends = GroupedAppends(store, slowly)
    answers = await asyncio.gather(*(appends.append([event(str(number % 8))]) for number in range(10)))
    assert [new for (new,) in answers] == [True] * 8 + [False] * 2
    assert store.sizes == [10]


async def test_what_comes_later_is_written_later() -> None:
    store = Counting()
    appends = GroupedAppends(store, slowly)
    for number in range(3):
        await appends.append([event(str(number))])
    assert store.sizes == [1, 1, 1]


async def test_one_that_is_refused_spoils_no_other() -> None:
    store = Counting()
    appends = GroupedAppends(store, slowly)
    given = [[event("1")], [event("2"), event("bad")], [event("3")]]
    answers = await asyncio.gather(*(appends.append(events) for events in given), return_exceptions=True)
    assert (answers[0], type(answers[1]), answers[2]) == ([True], InvalidInput, [True])
    assert store.known_ids(["1", "2", "3"]) == {"1", "3"}


async def test_one_that_gives_up_waiting_spoils_no_other() -> None:
    store = Counting()
    appends = GroupedAppends(store, slowly)
    leaving, staying = (asyncio.create_task(appends.append([event(name)])) for name in ("1", "2"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == [True]
    assert store.count() == 2


async def test_a_group_is_of_bounded_size() -> None:
    store = Counting()
    appends = GroupedAppends(store, slowly)
    many = [[event(f"{batch}-{number}") for number in range(1000)] for batch in range(7)]
    await asyncio.gather(*(appends.append(events) for events in many))
    assert store.sizes == [5000, 2000]
