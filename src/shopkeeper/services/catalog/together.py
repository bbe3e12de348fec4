"""Products that are asked for while others are being read, read together with the next."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shopkeeper.kit.errors import ShopkeeperError
from shopkeeper.services.catalog.contract import ProductModel

Found = Mapping[str, ProductModel]


class Together:
    """Reads by id, of which one at most is under way: each begins after all that it answers was asked."""

    def __init__(self, read: Callable[[Sequence[str]], Awaitable[Found]]) -> None:
        self._read = read
        self._wanted: dict[str, None] = {}
        self._next: asyncio.Task[Found] | None = None
        self._under_way: asyncio.Task[Found] | None = None

    async def get(self, item_ids: Sequence[str]) -> dict[str, ProductModel]:
        """Return the known ones among the ids."""
        self._wanted |= dict.fromkeys(item_ids)
        if self._next is None or self._next.done():  # cancelled before it began, with the loop it was of
            self._next = asyncio.create_task(self._read_after(self._under_way))
        try:
            found = await asyncio.shield(self._next)
        except ShopkeeperError:
            # Perhaps it is about an id of somebody else, whose answer that is.
            found = await self._read(item_ids)
        return {item_id: found[item_id] for item_id in item_ids if item_id in found}

    async def _read_after(self, before: asyncio.Task[Found] | None) -> Found:
        if before and not before.done():
            await asyncio.wait([before])
        wanted, self._wanted = self._wanted, {}
        self._under_way, self._next = self._next, None
        return await self._read(list(wanted))
