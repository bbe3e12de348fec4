import asyncio
from collections.abc import Sequence

import pytest

from shopkeeper.kit.errors import InvalidInput
from shopkeeper.services.catalog.contract import ProductModel
from shopkeeper.services.catalog.together import Together


class Shelf:
    """Knows all ids but `unknown`, and fails at `bad`; a read lasts as long as a test wants."""

    def __init__(self) -> None:
        self.reads: list[list[str]] = []
        self.go_on = asyncio.Event()

    async def read(self, item_ids: Sequence[str]) -> dict[str, ProductModel]:
        self.reads.append(list(item_ids))
        await self.go_on.wait()
        if "bad" in item_ids:
            raise InvalidInput("bad: there is no such id")
        return {item_id: ProductModel(item_id=item_id, title=item_id) for item_id in item_ids if item_id != "unknown"}


def test_what_is_asked_during_a_read_is_read_together_afterwards() -> None:
    async def ask() -> tuple[list[list[str]], list[dict[str, ProductModel]]]:
        shelf = Shelf()
        together = Together(shelf.read)
        first = asyncio.create_task(together.get(["a"]))
        await asyncio.sleep(0.01)
        others = [asyncio.create_task(together.get(ids)) for ids in (["b", "c"], ["c", "unknown"], ["a"])]
        await asyncio.sleep(0.01)
        shelf.go_on.set()
        return shelf.reads, await asyncio.gather(first, *others)

    reads, answers = asyncio.run(ask())
    assert reads == [["a"], ["b", "c", "unknown", "a"]]
    assert [list(answer) for answer in answers] == [["a"], ["b", "c"], ["c"], ["a"]]


def test_what_is_wrong_with_an_id_hurts_only_who_asked_for_it() -> None:
    async def ask() -> tuple[dict[str, ProductModel] | BaseException, ...]:
        shelf = Shelf()
        shelf.go_on.set()
        together = Together(shelf.read)
        return await asyncio.gather(together.get(["a"]), together.get(["bad"]), return_exceptions=True)

    fine, wrong = asyncio.run(ask())
    assert isinstance(fine, dict) and list(fine) == ["a"]
    assert isinstance(wrong, InvalidInput)


def test_who_gives_up_takes_nobody_along() -> None:
    async def ask() -> dict[str, ProductModel]:
        shelf = Shelf()
        together = Together(shelf.read)
        impatient, patient = (asyncio.create_task(together.get([item_id])) for item_id in ("a", "b"))
        await asyncio.sleep(0.01)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        shelf.go_on.set()
        return await patient

    assert list(asyncio.run(ask())) == ["b"]


def test_one_loop_after_another_is_answered() -> None:
    shelf = Shelf()
    shelf.go_on.set()
    together = Together(shelf.read)

    async def leave() -> None:
        asyncio.create_task(together.get(["a"])).add_done_callback(lambda _: None)
        await asyncio.sleep(0)

    for _ in range(2):
        asyncio.run(leave())
        assert list(asyncio.run(together.get(["b"]))) == ["b"]
