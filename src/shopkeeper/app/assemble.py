"""Put a shop together: stores from a folder, services from stores, one web application from services."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from fastapi import FastAPI
from httpx import AsyncClient
from numpy.random import default_rng
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from shopkeeper import __version__
from shopkeeper.adapters.sql import SqlKeyStore
from shopkeeper.app.erasing import erasing_of, packing_of, sweep_of
from shopkeeper.app.scopes import FOR_PAGES, NEEDED
from shopkeeper.app.settings import Settings
from shopkeeper.app.shops import OpenShop, OpenShops, folder_of
from shopkeeper.app.stores import Shop, open_database, open_shop, tagging_of
from shopkeeper.app.telemetry import registry_of, sender_of_traces, trace
from shopkeeper.app.threads import Together, off_loop
from shopkeeper.data.gorse import feedback_words
from shopkeeper.data.keys import DEFAULT_SHOP
from shopkeeper.estimator import ignore
from shopkeeper.kit.clock import Clock, utc_now
from shopkeeper.kit.errors import InvalidInput, Unavailable
from shopkeeper.ports import OffLoop
from shopkeeper.services.catalog.client import CatalogClient
from shopkeeper.services.catalog.contract import Catalog
from shopkeeper.services.catalog.http import create_router as catalog_router
from shopkeeper.services.catalog.service import CatalogService
from shopkeeper.services.console.http import create_router as console_router
from shopkeeper.services.coupons.client import CouponsClient
from shopkeeper.services.coupons.contract import Coupons
from shopkeeper.services.coupons.http import create_router as coupons_router
from shopkeeper.services.coupons.service import CouponsService
from shopkeeper.services.events.client import EventsClient
from shopkeeper.services.events.contract import Events
from shopkeeper.services.events.http import create_router as events_router
from shopkeeper.services.events.service import EventsService
from shopkeeper.services.gorse.http import create_router as gorse_router
from shopkeeper.services.insights.client import InsightsClient
from shopkeeper.services.insights.contract import Insights
from shopkeeper.services.insights.http import create_router as insights_router
from shopkeeper.services.insights.service import InsightsService
from shopkeeper.services.keys.http import create_router as keys_router
from shopkeeper.services.keys.ring import KeyRing
from shopkeeper.services.keys.service import KeyService
from shopkeeper.services.models.client import ModelsClient
from shopkeeper.services.models.contract import Models
from shopkeeper.services.models.http import create_router as models_router
from shopkeeper.services.models.service import ModelsService
from shopkeeper.services.people.client import PeopleClient
from shopkeeper.services.people.contract import People
from shopkeeper.services.people.http import create_router as people_router
from shopkeeper.services.people.service import PeopleService
from shopkeeper.services.predictions.client import PredictionsClient
from shopkeeper.services.predictions.contract import Predictions
from shopkeeper.services.predictions.http import create_router as predictions_router
from shopkeeper.services.predictions.service import PredictionsService
from shopkeeper.services.recommendations.client import RecommendationsClient
from shopkeeper.services.recommendations.contract import Recommendations, RecommendRequest
from shopkeeper.services.recommendations.http import create_router as recommendations_router
from shopkeeper.services.recommendations.quick import QuickLists
from shopkeeper.services.recommendations.service import RecommendationsService
from shopkeeper.services.storefront import http as storefront
from shopkeeper.web import access, errors, health
from shopkeeper.web.body import BodyLimit
from shopkeeper.web.direct import DirectRoutes
from shopkeeper.web.door import SHOP_HEADER, Door, is_loopback
from shopkeeper.web.gate import Gate, Limits, Needs
from shopkeeper.web.remote import connect
from shopkeeper.web.request_id import RequestIds
from shopkeeper.web.safe_headers import SafeHeaders

ServiceName = Literal["events", "catalog", "recommendations", "models", "insights", "predictions", "coupons", "people"]
_ALL: tuple[ServiceName, ...] = get_args(ServiceName)
Part = Literal[ServiceName, "gateway"]
"""What a process can be alone: one service, or the door to all of them."""
PORTS: Mapping[Part, int] = {
    "gateway": 8000,
    "events": 8001,
    "catalog": 8002,
    "recommendations": 8003,
    "models": 8004,
    "insights": 8005,
    "predictions": 8006,
    "coupons": 8007,
    "people": 8008,
}
_LATELY_DAYS, _MOST_VISITED = 30, 10_000
_USEFUL: Mapping[Part, tuple[ServiceName, ...]] = {"recommendations": ("events", "catalog", "people")}
"""What a service asks, and can answer without."""


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one shop, here or elsewhere."""

    events: Events
    catalog: Catalog
    recommendations: Recommendations
    models: Models
    insights: Insights
    predictions: Predictions
    coupons: Coupons
    people: People
    connections: Sequence[AsyncClient] = ()
    """To those elsewhere."""

    async def close(self) -> None:
        """Let go of the connections."""
        for connection in self.connections:
            await connection.aclose()


def services_of(shop: Shop | None, settings: Settings, *, clock: Clock = utc_now, name: str = DEFAULT_SHOP) -> Services:
    """Return each service: a client where its address is set, else the service itself over the shop's stores.

    Those elsewhere are asked for the shop of that name alone. InvalidInput where neither is there.
    """
    connections: list[AsyncClient] = []
    headers = {} if name == DEFAULT_SHOP else {SHOP_HEADER: name}
    if settings.internal_secret:
        headers["Authorization"] = f"Bearer {settings.internal_secret.get_secret_value()}"

    def elsewhere(service: ServiceName) -> AsyncClient | None:
        if not (url := settings.url(service)):
            return None
        timeout_s, retries = settings.timeout_s, settings.retries
        connections.append(connect(service, url, timeout_s=timeout_s, retries=retries, headers=headers))
        return connections[-1]

    def here() -> Shop:
        if shop:
            return shop
        lacking = [f"SHOPKEEPER_{one.upper()}_URL" for one in _ALL if not settings.url(one)]
        raise InvalidInput(
            f"The gateway keeps nothing itself and needs the address of every service; set {', '.join(lacking)}."
        )

    # A database elsewhere is waited for, which all can do at once; one here answers before a thread is awake.
    together: OffLoop = off_loop if settings.database_url else Together()
    http = elsewhere("catalog")

    async def traffic() -> dict[str, int]:
        # The queue of reviews is ordered by it, and is there without it.
        try:
            told = await events.traffic(days=_LATELY_DAYS, limit=_MOST_VISITED)
            told = told if told.products else await events.traffic(limit=_MOST_VISITED)
        except Unavailable:
            return {}
        return {one.item_id: one.events for one in told.products}

    catalog: Catalog = (
        CatalogClient(http)
        if http
        else CatalogService(here().catalog, tagging_of(here(), settings, clock), traffic, off_loop)
    )
    http = elsewhere("people")
    people: People = (
        PeopleClient(http, clock)
        if http
        else PeopleService(
            here().people,
            here().privacy,
            erasing_of(here(), settings, clock),
            packing_of(settings),
            clock,
            off_loop,
            together,
        )
    )
    http = elsewhere("events")
    events: Events = (
        EventsClient(http, clock)
        if http
        else EventsService(here().events, here().merges, catalog, people, here().quarantine, clock, off_loop, together)
    )
    # The callers of recommendations wait as long as it does, so its two questions share less than the whole time.
    patience_s = settings.timeout_s * 0.4 if connections else None
    http = elsewhere("models")
    models: Models = ModelsClient(http) if http else ModelsService(here().models, clock, off_loop)
    http = elsewhere("insights")
    insights: Insights = (
        InsightsClient(http)
        if http
        else InsightsService(here().analytics(ZoneInfo(settings.time_zone)), catalog, settings.time_zone, off_loop)
    )
    http = elsewhere("predictions")
    predictions: Predictions = (
        PredictionsClient(http)
        if http
        else PredictionsService(
            events, catalog, people, here().predictions, here().outlooks, here().segments, clock, off_loop
        )
    )
    http = elsewhere("coupons")
    coupons: Coupons = (
        CouponsClient(http)
        if http
        else CouponsService(
            here().coupons,
            here().policies,
            events,
            catalog,
            predictions,
            people,
            _coupon_secret(here(), settings, name),
            clock,
            off_loop,
            monotonic,
            here().personal.tombstones,
        )
    )
    if http := elsewhere("recommendations"):
        return Services(
            events, catalog, RecommendationsClient(http), models, insights, predictions, coupons, people, connections
        )
    recommendations = RecommendationsService(
        events,
        catalog,
        predictions,
        people,
        here().models,
        settings.model,
        clock,
        off_loop,
        here().scenarios,
        here().rules,
        here().explorations,
        default_rng(),
        fresh=timedelta(seconds=settings.catalog_fresh_s),
        patience_s=patience_s,
        support=settings.support,
        hides_counts=settings.dp_epsilon > 0,
    )
    return Services(events, catalog, recommendations, models, insights, predictions, coupons, people, connections)


def _coupon_secret(shop: Shop, settings: Settings, name: str) -> Callable[[], bytes]:
    """Return what gives the secret of a shop: a code of one is no code of another, even where they share a setting."""
    if settings.coupon_secret is None:
        return shop.coupon_secret
    shared = settings.coupon_secret.get_secret_value().encode()
    return lambda: hmac.digest(shared, name.encode(), "sha256")


def web_app(
    services: Services,
    part: Part | None = None,
    registry: CollectorRegistry | None = None,
    gorse_feedback: str = "",
    gate: Callable[[ASGIApp], ASGIApp] | None = None,
    keys: KeyService | None = None,
) -> FastAPI:
    """Return the web application over services: all of them, or only a part; without a gate, all may be asked.

    `gorse_feedback` is the setting of that name.
    """
    registry = registry or CollectorRegistry()
    app = FastAPI(
        title=f"Shopkeeper {part}" if part else "Shopkeeper",
        version=__version__,
        description="Recommendations for one shop. Errors are problem details (RFC 9457) with a `detail` to show. "
        "A key is sent as `Authorization: Bearer sk_…`, or as `X-API-Key`.",
        # Swagger's page loads scripts from elsewhere; a shop's own page does not.
        docs_url=None,
        redoc_url=None,
        # Its own would look for a provider with each request, and say to it whom a path names.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    served = _ALL if part in (None, "gateway") else (part,)
    routers = {
        "events": events_router(services.events),
        "catalog": catalog_router(services.catalog),
        "recommendations": recommendations_router(services.recommendations),
        "models": models_router(services.models),
        "insights": insights_router(services.insights),
        "predictions": predictions_router(services.predictions),
        "coupons": coupons_router(services.coupons),
        "people": people_router(services.people),
    }
    app.add_middleware(DirectRoutes, routes=[route for name in served for route in routers[name].routes])
    if "recommendations" in served:
        app.add_middleware(QuickLists, recommendations=services.recommendations)
    app.add_middleware(BodyLimit)
    if gate:
        app.add_middleware(gate)
    app.add_middleware(access.Access, registry=registry)
    app.add_middleware(SafeHeaders)
    app.add_middleware(RequestIds)
    errors.add_handlers(app)
    nobody = "health"
    checks: dict[str, health.Check] = {
        "events": lambda: services.events.history(nobody, limit=1),
        "catalog": lambda: services.catalog.get_many([nobody]),
        "recommendations": lambda: services.recommendations.recommend(RecommendRequest(n=1)),
        "models": services.models.fitted,
        "insights": services.insights.about,
        "predictions": services.predictions.known,
        "coupons": services.coupons.campaigns,
        "people": services.people.privacy,
    }
    for name in served:
        app.include_router(routers[name])
    useful = _USEFUL.get(part, ()) if part else ()
    app.include_router(health.create_router({n: checks[n] for n in served}, {n: checks[n] for n in useful}))
    app.include_router(access.create_router(registry))
    if served == _ALL:
        words = feedback_words(gorse_feedback)
        app.include_router(
            gorse_router(services.events, services.catalog, services.recommendations, services.people, words)
        )
        if keys:
            app.include_router(keys_router(keys, off_loop))
        app.include_router(console_router())
        app.include_router(storefront.create_router())
    return app


def assemble(settings: Settings, part: Part | None = None, *, clock: Clock = utc_now) -> Door:
    """Return the whole installation as one web application, or only a part; each shop is opened when it is asked for.

    A service alone is here, so its own address is not looked at: all processes can share their settings. InvalidInput
    where anybody could come in: at an address that others reach, before there is a key.
    """
    if part not in (None, "gateway"):
        settings = settings.model_copy(update={f"{part}_url": None})
    engine = open_database(settings.store, settings.database_url)
    try:
        return _door(settings, part, clock, engine)
    except BaseException:
        engine.dispose()
        raise


def _door(settings: Settings, part: Part | None, clock: Clock, engine: sa.Engine) -> Door:
    key_store = SqlKeyStore(engine)
    ring, keys = KeyRing(key_store, clock, off_loop), KeyService(key_store, clock)
    secret, local = settings.internal_secret, is_loopback(settings.host)
    if ring.is_empty() and not (local or secret or settings.open):
        raise InvalidInput(
            f"At {settings.host} everybody could read and change the shop. Make a key first: shopkeeper keys create "
            "NAME. Or listen on 127.0.0.1; or, behind a proxy that asks who comes, set SHOPKEEPER_OPEN=true."
        )
    gate = partial(
        Gate, needs=Needs(NEEDED, FOR_PAGES), limits=Limits(settings.rate_key, settings.rate_address, monotonic)
    )
    traces = sender_of_traces(f"shopkeeper-{part}" if part else "shopkeeper") if settings.traces else None

    def open_one(name: str) -> OpenShop:
        shop = None if part == "gateway" else open_shop(folder_of(settings.store, name), settings.database_url)
        if shop:
            # A copy from before somebody was erased is cleaned first.
            sweep_of(shop, settings, clock).reapply(ignore)
        services = services_of(shop, settings, clock=clock, name=name)
        app = web_app(
            services,
            part,
            registry_of(shop.models if shop else None, shop.tags if shop else None),
            settings.gorse_feedback,
            gate,
            keys,
        )
        if traces:
            trace(app, services.connections, traces)
        return OpenShop(app, services.close, shop.close if shop else None)

    shops = OpenShops(open_one, settings.open_shops, off_loop, engine.dispose)
    internal = secret.get_secret_value() if secret else ""
    return Door(ring, shops, clock, local=local, always_open=settings.open, internal=internal)
