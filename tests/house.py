"""A running installation, whose doors a test can knock at."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
from pydantic import HttpUrl

from shopkeeper.adapters.sql import SqlKeyStore
from shopkeeper.app.assemble import Part, assemble
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_database
from shopkeeper.services.keys.service import KeyService, NewKey
from shopkeeper.testing.contract_suite import NOW
from shopkeeper.web.door import Door

PAGE = "https://shop.example"
EVENT = {"type": "view", "visitor_id": "v", "item_id": "i1"}
VISITOR = "web-" + "0123456789abcdef" * 2
PAGE_EVENT = EVENT | {"visitor_id": VISITOR}
SECRET = "s" * 32
NOWHERE = HttpUrl("http://127.0.0.1:1")


@dataclass
class House:
    """An installation in a folder, with a clock to turn."""

    store: Path
    settings: Settings
    now: datetime = NOW
    keys: KeyService = field(init=False)

    def __post_init__(self) -> None:
        self.engine = open_database(self.store, self.settings.database_url)
        self.keys = KeyService(SqlKeyStore(self.engine), self.clock)

    def clock(self) -> datetime:
        return self.now

    def close(self) -> None:
        self.engine.dispose()

    def key(self, shop: str = "default", *, scopes: Sequence[str] = ()) -> NewKey:
        return self.keys.create("k", shop=shop, scopes=scopes)

    def page_key(self) -> NewKey:
        return self.keys.create("p", "publishable", origins=[PAGE])

    def door(self, part: Part | None = None, **changes: object) -> Door:
        return assemble(self.settings.model_copy(update=changes), part, clock=self.clock)

    @asynccontextmanager
    async def open(self, part: Part | None = None, **changes: object) -> AsyncIterator[httpx.AsyncClient]:
        door = self.door(part, **changes)
        transport = httpx.ASGITransport(door)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
            yield http
        await door.close()


def shown(key: NewKey, **others: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key.token.get_secret_value()}"} | others


async def ask(http: httpx.AsyncClient, key: NewKey, path: str = "/v1/shoppers", **headers: str) -> tuple[int, str]:
    answer = await http.get(path, headers=shown(key, **headers))
    return answer.status_code, answer.json().get("code", "")
