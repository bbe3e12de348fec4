"""Put a shop together: stores from a folder, services from stores, one web application from services."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anyio.to_thread
import sqlalchemy as sa
from fastapi import FastAPI
from httpx import AsyncClient
from pydantic import HttpUrl

from shopkeeper import __version__
from shopkeeper.adapters.checkpoint_files import FileCheckpoints
from shopkeeper.adapters.files import SegmentStore
from shopkeeper.adapters.layered import LayeredEvents
from shopkeeper.adapters.model_files import FileModelStore
from shopkeeper.adapters.sql import SqlCatalogStore, SqlEventStore, open_engine
from shopkeeper.app.settings import Settings
from shopkeeper.estimator import Checkpoints
from shopkeeper.kit.clock import Clock, utc_now
from shopkeeper.ports import CatalogStore, EventStore, ModelStore
from shopkeeper.services.catalog.client import CatalogClient
from shopkeeper.services.catalog.contract import Catalog
from shopkeeper.services.catalog.http import create_router as catalog_router
from shopkeeper.services.catalog.service import CatalogService
from shopkeeper.services.console.http import create_router as console_router
from shopkeeper.services.events.client import EventsClient
from shopkeeper.services.events.contract import Events
from shopkeeper.services.events.http import create_router as events_router
from shopkeeper.services.events.service import EventsService
from shopkeeper.services.recommendations.client import RecommendationsClient
from shopkeeper.services.recommendations.contract import Recommendations, RecommendRequest
from shopkeeper.services.recommendations.http import create_router as recommendations_router
from shopkeeper.services.recommendations.service import RecommendationsService
from shopkeeper.web import errors, health

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shop:
    """The stores of one shop."""

    events: EventStore
    """Imported and live events, read as one."""
    history: SegmentStore
    """Where imports write."""
    live: EventStore
    """Where single events go."""
    catalog: CatalogStore
    models: ModelStore
    checkpoints: Callable[[str], Checkpoints]
    """Of the fit of a model, by its name."""
    close: Callable[[], None]
    """Let go of the files."""


def open_shop(store: Path) -> Shop:
    """Open the stores in a folder, making it when it is not there."""
    engine: sa.Engine = open_engine(store / "shop.sqlite")
    history, live = SegmentStore(store / "history"), SqlEventStore(engine)
    return Shop(
        events=LayeredEvents(history, live),
        history=history,
        live=live,
        catalog=SqlCatalogStore(engine),
        models=FileModelStore(store / "models"),
        checkpoints=lambda model: FileCheckpoints(store / "checkpoints" / f"{model}.npz"),
        close=engine.dispose,
    )


async def off_loop(work: Callable[[], T]) -> T:
    """Run blocking work on a thread, so that it holds up nobody else's request."""
    return await anyio.to_thread.run_sync(work)


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one shop, here or elsewhere."""

    events: Events
    catalog: Catalog
    recommendations: Recommendations


def services_of(shop: Shop, settings: Settings, *, clock: Clock = utc_now) -> Services:
    """Return each service: a client where its address is set, else the service itself."""
    events: Events = EventsService(shop.events, clock, off_loop)
    if settings.events_url:
        events = EventsClient(_http(settings.events_url))
    catalog: Catalog = CatalogService(shop.catalog, off_loop)
    if settings.catalog_url:
        catalog = CatalogClient(_http(settings.catalog_url))
    recommendations: Recommendations = RecommendationsService(
        events, catalog, shop.models, settings.model, clock, off_loop
    )
    if settings.recommendations_url:
        recommendations = RecommendationsClient(_http(settings.recommendations_url))
    return Services(events, catalog, recommendations)


def _http(url: HttpUrl) -> AsyncClient:
    return AsyncClient(base_url=str(url), timeout=10.0)


def web_app(services: Services) -> FastAPI:
    """Return the web application over services."""
    app = FastAPI(
        title="Shopkeeper",
        version=__version__,
        description="Recommendations for one shop. Errors are problem details (RFC 9457) with a `detail` to show.",
        # Swagger's page loads scripts from elsewhere; a shop's own page does not.
        docs_url=None,
        redoc_url=None,
    )
    errors.add_handlers(app)

    async def ready() -> object:
        return await services.recommendations.recommend(RecommendRequest(shopper_id="health", n=1))

    app.include_router(events_router(services.events))
    app.include_router(catalog_router(services.catalog))
    app.include_router(recommendations_router(services.recommendations))
    app.include_router(health.create_router(ready))
    app.include_router(console_router())
    return app


def assemble(settings: Settings, *, clock: Clock = utc_now) -> FastAPI:
    """Return the whole shop as one web application."""
    shop = open_shop(settings.store)
    app = web_app(services_of(shop, settings, clock=clock))

    @asynccontextmanager
    async def closing(_app: FastAPI) -> AsyncIterator[None]:
        yield
        shop.close()

    app.router.lifespan_context = closing
    return app
