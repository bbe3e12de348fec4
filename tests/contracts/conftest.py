from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import fields
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from shopkeeper import models
from shopkeeper.adapters.analytics import DuckAnalytics
from shopkeeper.adapters.attribute_files import FileDictionaries
from shopkeeper.adapters.files import SegmentStore
from shopkeeper.adapters.memory import (
    MemoryCatalogStore,
    MemoryEventStore,
    MemoryMergeStore,
    MemoryModelStore,
    MemoryRules,
)
from shopkeeper.adapters.memory_coupons import MemoryCouponStore
from shopkeeper.adapters.memory_explorations import MemoryExplorationLog
from shopkeeper.adapters.memory_people import MemoryPeopleStore
from shopkeeper.adapters.memory_quarantine import MemoryQuarantineStore
from shopkeeper.adapters.memory_tags import FilledCatalog, MemoryTaggers, MemoryTagStore
from shopkeeper.adapters.merchant_files import FileScenarios
from shopkeeper.adapters.merged import MergedEvents
from shopkeeper.adapters.outlook_files import FileOutlooks
from shopkeeper.adapters.policy_files import FilePolicies
from shopkeeper.adapters.prediction_files import FilePredictions, FileSegments
from shopkeeper.adapters.privacy_file import FilePrivacy
from shopkeeper.adapters.taxonomy_files import FileTaxonomy
from shopkeeper.app import shops
from shopkeeper.app.assemble import Services, services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop
from shopkeeper.data.catalog import Product
from shopkeeper.estimator import NoCheckpoints
from shopkeeper.kit.money import Money
from shopkeeper.ports import SavedModel
from shopkeeper.services.catalog.client import CatalogClient
from shopkeeper.services.coupons.client import CouponsClient
from shopkeeper.services.events.client import EventsClient
from shopkeeper.services.insights.client import InsightsClient
from shopkeeper.services.models.client import ModelsClient
from shopkeeper.services.people.client import PeopleClient
from shopkeeper.services.predictions.client import PredictionsClient
from shopkeeper.services.recommendations.client import RecommendationsClient
from shopkeeper.testing.checkerboard import checkerboard
from shopkeeper.testing.contract_suite import NOW
from shopkeeper.web.remote import connect
from tests.house import House


def clock() -> datetime:
    return NOW


def memory_shop(folder: Path) -> Shop:
    events, merges, products, history = (
        MemoryEventStore(),
        MemoryMergeStore(),
        MemoryCatalogStore(),
        SegmentStore(folder),
    )
    tags = MemoryTagStore(products, products.note)
    catalog = FilledCatalog(products, tags)
    return Shop(
        events=MergedEvents(events, merges),
        merges=merges,
        history=history,
        live=events,
        products=products,
        catalog=catalog,
        tags=tags,
        taggers=MemoryTaggers(),
        taxonomies=FileTaxonomy(folder),
        dictionaries=FileDictionaries(),
        analytics=partial(DuckAnalytics, history, events, merges, catalog),
        models=MemoryModelStore(),
        scenarios=FileScenarios(folder / "scenarios"),
        rules=MemoryRules(),
        predictions=FilePredictions(folder / "predictions"),
        outlooks=FileOutlooks(folder / "outlooks"),
        segments=FileSegments(folder / "segments"),
        explorations=MemoryExplorationLog(),
        coupons=MemoryCouponStore(),
        policies=FilePolicies(folder / "policies"),
        coupon_secret=lambda: b"s" * 32,
        people=MemoryPeopleStore(),
        quarantine=MemoryQuarantineStore(),
        privacy=FilePrivacy(folder / "privacy.toml"),
        checkpoints=lambda _: NoCheckpoints(),
        close=lambda: None,
    )


@cache
def saved(name: str, version: int) -> SavedModel:
    data = checkerboard(20)
    scorer = models.create(name, {"factors": 4, "reg": 0.1 * version} if name == "als" else {}).fit(data)
    at = NOW + timedelta(days=version - 2)
    return SavedModel(scorer, data.users, data.items, f"{name}-{version}", at, data.fingerprint(), {"ndcg@10": 0.5})


def product(number: int) -> Product:
    """Return one of the fitted shop: i6 cannot be bought, and nothing is said of the last."""
    if number == 19:
        return Product(item_id="i19", title="i19")
    return Product(
        item_id=f"i{number}",
        title=f"Toy {number}",
        brand="Odd" if number % 2 else "Even",
        categories=("Toys > Dolls",) if number < 10 else ("Toys > Cars",),
        price=Money(number * 100, "EUR"),
        available=number != 6,
    )


def fitted_shop(folder: Path) -> Shop:
    return fitted(memory_shop(folder))


def fitted(shop: Shop) -> Shop:
    for name, version in (("user_knn", 1), ("popularity", 1), ("als", 1), ("als", 2)):
        shop.models.save(saved(name, version))
    shop.catalog.upsert(product(number) for number in range(20))
    return shop


@pytest.fixture
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    if not {"recommendations", "models"} & set(request.fixturenames):
        return memory_shop(tmp_path)
    shop = fitted_shop(tmp_path)
    if "recommendations" in request.fixturenames:
        for name in ("item_knn", "trending", "buy_again"):
            shop.models.save(saved(name, 1))
        (tmp_path / "segments").mkdir()
        (tmp_path / "segments" / "buyers.toml").write_text("about = 'They bought'\nwhere = 'purchases > 0'\n")
    return shop


class Now:
    """A service of the test that runs."""

    def __init__(self, name: str) -> None:
        self.name, self.services = name, cast(Services, None)

    def __getattr__(self, asked: str) -> Callable[..., object]:
        def of_this_test(*given: object, **named: object) -> object:
            return getattr(getattr(self.services, self.name), asked)(*given, **named)

        return of_this_test


@cache
def _application() -> tuple[FastAPI, list[Now]]:
    names = [one.name for one in fields(Services) if one.name != "connections"]
    now = list(map(Now, names))
    return web_app(Services(**cast(dict[str, Any], dict(zip(names, now, strict=True))))), now


def application(services: Services) -> FastAPI:
    """Return the application over some services: the same for one test after the other, since it takes long to make."""
    app, now = _application()
    for one in now:
        one.services = services
    return app


@pytest.fixture(params=["here", "over HTTP"])
async def services(request: pytest.FixtureRequest, shop: Shop) -> AsyncIterator[Services]:
    local = services_of(shop, Settings(catalog_fresh_s=0), clock=clock)
    if request.param == "here":
        yield local
        return
    transport = httpx.ASGITransport(application(local))
    async with connect("shop", "http://shop", timeout_s=60, retries=0, transport=transport) as http:
        yield Services(
            EventsClient(http, clock),
            CatalogClient(http),
            RecommendationsClient(http),
            ModelsClient(http),
            InsightsClient(http),
            PredictionsClient(http),
            CouponsClient(http),
            PeopleClient(http, clock),
        )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Return an installation of two shops, with no key yet."""
    shops.create(tmp_path, "tea")
    with closing(House(tmp_path, Settings(store=tmp_path))) as house:
        yield house
