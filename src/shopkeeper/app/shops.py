"""The shops of an installation: the default one in the store's folder itself, each other one in a folder in `shops`."""

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import anyio
from starlette.types import ASGIApp, Receive, Scope, Send

from shopkeeper.data.keys import DEFAULT_SHOP
from shopkeeper.kit.errors import InvalidInput, NotFound, ShopkeeperError
from shopkeeper.ports import OffLoop
from shopkeeper.web.errors import status_of
from shopkeeper.web.gate import GRANT, Grant, Refusal

_MARK = "shop.name"
"""In a shop's folder: its name, which stays the same wherever the folder is moved."""


def folder_of(store: Path, name: str) -> Path:
    """Return the folder of a shop; NotFound where there is none."""
    if name == DEFAULT_SHOP:
        return store
    if name not in names(store):
        raise NotFound(f"There is no shop {name!r} here; see: shopkeeper shops list")
    return store / "shops" / name


def names(store: Path) -> list[str]:
    """Return the names of all shops, the default one first; a folder that was copied or renamed is none."""
    folders = (mark.parent for mark in store.glob(f"shops/*/{_MARK}"))
    return [DEFAULT_SHOP, *sorted(folder.name for folder in folders if name_of(folder) == folder.name)]


def create(store: Path, name: str) -> Path:
    """Make a folder for a further shop and return it; InvalidInput where the name cannot be one, or is taken."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise InvalidInput(f"{name!r} cannot be the name of a shop: up to 40 of a-z, 0-9 and _, a letter first.")
    if name in names(store):
        raise InvalidInput(f"There is a shop {name!r} already.")
    folder = store / "shops" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text(f"{name}\n", encoding="utf-8")
    return folder


def schema_of(folder: Path) -> str:
    """Return the schema of PostgreSQL that belongs to the shop in a folder."""
    return f"shopkeeper_{name}" if (name := name_of(folder)) else "shopkeeper"


def name_of(folder: Path) -> str:
    """Return the name of the further shop in a folder; nothing of the default one."""
    try:
        return (folder / _MARK).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


@dataclass(slots=True)
class OpenShop:
    """A shop that answers: an application of its own over stores, caches and models of its own."""

    app: ASGIApp
    disconnect: Callable[[], Awaitable[None]]
    close: Callable[[], None] | None
    guests: int = 0
    """Requests that it answers now."""


class OpenShops:
    """Opens the shops of an installation as they are asked for; those asked longest ago are closed when there are many.

    The default one is opened at once, stays open, and also answers what was refused before a shop was known.
    """

    def __init__(
        self, open_one: Callable[[str], OpenShop], most: int, off_loop: OffLoop, at_close: Callable[[], None]
    ) -> None:
        self._open_one, self._most, self._off_loop, self._at_close = open_one, most, off_loop, at_close
        self._default = open_one(DEFAULT_SHOP)
        self._others: OrderedDict[str, OpenShop] = OrderedDict()
        self._opening = anyio.Lock()

    async def answer(self, grant: Grant | Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the shop of a grant answer; where it cannot be opened, say why."""
        try:
            shop = self._default if grant.shop == DEFAULT_SHOP else await self._opened(grant.shop)
        except ShopkeeperError as error:
            shop, scope[GRANT] = self._default, Refusal(*status_of(error), str(error))
        shop.guests += 1
        try:
            await shop.app(scope, receive, send)
        finally:
            shop.guests -= 1

    async def _opened(self, name: str) -> OpenShop:
        if name not in self._others:
            async with self._opening:
                if name not in self._others:
                    self._others[name] = await self._off_loop(lambda: self._open_one(name))
                    await self._close_idle(name)
        self._others.move_to_end(name)
        return self._others[name]

    async def _close_idle(self, new: str) -> None:
        while len(self._others) > self._most:
            idle = (name for name, shop in self._others.items() if not shop.guests and name != new)
            if (name := next(idle, None)) is None:
                return
            await _close(self._others.pop(name))

    async def close(self) -> None:
        """Close all, and what they share."""
        for shop in (self._default, *self._others.values()):
            await _close(shop)
        self._at_close()


async def _close(shop: OpenShop) -> None:
    await shop.disconnect()
    if shop.close:
        shop.close()
