from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from shopkeeper import models
from shopkeeper.adapters.files import SegmentStore
from shopkeeper.adapters.memory import MemoryCatalogStore, MemoryEventStore, MemoryModelStore
from shopkeeper.app.assemble import Services, Shop, services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.data.catalog import Product
from shopkeeper.estimator import NoCheckpoints
from shopkeeper.ports import SavedModel
from shopkeeper.services.catalog.client import CatalogClient
from shopkeeper.services.events.client import EventsClient
from shopkeeper.services.recommendations.client import RecommendationsClient
from shopkeeper.testing.checkerboard import checkerboard
from shopkeeper.testing.contract_suite import NOW
from shopkeeper.web.remote import connect


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def clock() -> datetime:
    return NOW


def memory_shop(folder: Path) -> Shop:
    events = MemoryEventStore()
    return Shop(
        events=events,
        history=SegmentStore(folder),
        live=events,
        catalog=MemoryCatalogStore(),
        models=MemoryModelStore(),
        checkpoints=lambda _: NoCheckpoints(),
        close=lambda: None,
    )


def fitted_shop(folder: Path) -> Shop:
    return fitted(memory_shop(folder))


def fitted(shop: Shop) -> Shop:
    data = checkerboard(20)
    for name in ("user_knn", "popularity"):
        scorer = models.create(name).fit(data)
        shop.models.save(SavedModel(scorer, data.users, data.items, f"{name}-1", NOW, data.fingerprint(), {}))
    shop.catalog.upsert([Product(item_id="i6", title="Sold out", available=False)])
    return shop


@pytest.fixture
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    return (fitted_shop if "recommendations" in request.fixturenames else memory_shop)(tmp_path)


@pytest.fixture(params=["here", "over HTTP"])
async def services(request: pytest.FixtureRequest, shop: Shop) -> AsyncIterator[Services]:
    local = services_of(shop, Settings(), clock=clock)
    if request.param == "here":
        yield local
        return
    transport = httpx.ASGITransport(web_app(local))
    async with connect("shop", "http://shop", timeout_s=60, retries=0, transport=transport) as http:
        yield Services(EventsClient(http, clock), CatalogClient(http), RecommendationsClient(http))
