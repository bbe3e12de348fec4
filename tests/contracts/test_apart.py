"""Services elsewhere: who is silent is named, what may be repeated is, and one id goes through all."""

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import anyio
import httpx
import pytest
from numpy.random import default_rng
from pydantic import HttpUrl

from shopkeeper.app.assemble import PORTS, Part, services_of, web_app
from shopkeeper.app.erasing import erasing_of, packing_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import tagging_of
from shopkeeper.app.threads import off_loop
from shopkeeper.data.events import EventType
from shopkeeper.kit.errors import InvalidInput, Unavailable
from shopkeeper.services.catalog.service import CatalogService
from shopkeeper.services.events.client import EventsClient
from shopkeeper.services.events.contract import EventBatch, EventIn, History
from shopkeeper.services.events.service import EventsService
from shopkeeper.services.people.service import PeopleService
from shopkeeper.services.predictions.service import PredictionsService
from shopkeeper.services.recommendations.contract import RecommendRequest
from shopkeeper.services.recommendations.service import RecommendationsService
from shopkeeper.web.remote import connect
from tests.contracts.conftest import clock, fitted_shop, memory_shop

pytestmark = pytest.mark.anyio

# Nobody listens there.
NOWHERE = HttpUrl("http://127.0.0.1:1")
GATEWAY = Settings(
    events_url=NOWHERE,
    catalog_url=NOWHERE,
    recommendations_url=NOWHERE,
    models_url=NOWHERE,
    insights_url=NOWHERE,
    predictions_url=NOWHERE,
    coupons_url=NOWHERE,
    people_url=NOWHERE,
    retries=0,
)
VIEW = EventBatch(events=[EventIn(type="view", visitor_id="v", item_id="i1")])


def door(app: httpx.ASGITransport, before: Callable[[httpx.Request], None]) -> httpx.AsyncBaseTransport:
    """Return a way to an application that does something before each answer is handed out."""

    class Door(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await app.handle_async_request(request)
            before(request)
            return answer

    return Door()


async def ask(settings: Settings, folder: Path, path: str, part: Part | None = None) -> httpx.Response:
    shop = None if part == "gateway" else fitted_shop(folder)
    app = web_app(services_of(shop, settings, clock=clock), part)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as http:
        return await http.get(path, headers={"X-Request-Id": "mine"})


@pytest.mark.parametrize(("retries", "is_told"), [(1, True), (0, False)])
async def test_events_whose_answer_got_lost_are_stored_once(tmp_path: Path, retries: int, is_told: bool) -> None:
    shop, lost = memory_shop(tmp_path), list[str]()

    def lose_the_first(request: httpx.Request) -> None:
        if not lost:
            lost.append(request.url.path)
            raise httpx.ReadError("the line went dead", request=request)

    way = door(httpx.ASGITransport(web_app(services_of(shop, Settings()))), lose_the_first)
    # Without a time of their own, the service would give the two tries two times.
    async with connect("events", "http://events", timeout_s=60, retries=retries, transport=way) as http:
        if is_told:
            assert (await EventsClient(http).record(VIEW)).duplicates == 1
        else:
            with pytest.raises(Unavailable, match="The events service at http://events does not answer"):
                await EventsClient(http).record(VIEW)
    assert (lost, shop.events.count()) == (["/v1/events"], 1)


async def test_what_may_not_be_repeated_is_asked_once() -> None:
    asked: list[str] = []

    def fail(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return httpx.Response(500, text="<h1>Oops</h1>")

    async with connect("x", "http://x", timeout_s=60, retries=1, transport=httpx.MockTransport(fail)) as http:
        for method in ("POST", "GET"):
            with pytest.raises(Unavailable, match="it answered 500"):
                await http.request(method, "/")
    assert asked == ["POST", "GET", "GET"]


async def test_a_service_that_says_nothing_is_given_up() -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    async with connect("x", "http://x", timeout_s=0.05, retries=9, transport=httpx.MockTransport(hang)) as http:
        with pytest.raises(Unavailable, match=r"The x service at http://x .* \(nothing came within 0.05 s\)"):
            await http.get("/")


@pytest.mark.parametrize("status", [200, 302, 404])
async def test_an_address_where_something_else_lives_is_said_to_be_so(status: int) -> None:
    other = httpx.MockTransport(lambda _: httpx.Response(status, json={"status": "alive"}))
    async with connect("events", "http://other", timeout_s=60, retries=0, transport=other) as http:
        with pytest.raises(Unavailable, match="is its address right"):
            await EventsClient(http).shoppers()


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/v1/shoppers", "events"),
        ("/v1/products", "catalog"),
        ("/v1/recommendations?user_id=u", "recommendations"),
        ("/v1/models", "models"),
        ("/v1/insights/rfm", "insights"),
        ("/v1/coupons/campaigns", "coupons"),
        ("/v1/privacy", "people"),
    ],
)
async def test_the_gateway_names_who_is_silent(tmp_path: Path, path: str, service: str) -> None:
    answer = await ask(GATEWAY, tmp_path, path, "gateway")
    told = answer.json()
    assert (answer.status_code, told["code"], told["request_id"]) == (503, "unavailable", "mine")
    assert told["detail"].startswith(f"The {service} service at http://127.0.0.1:1")


async def test_a_gateway_without_an_address_says_which_setting_to_set() -> None:
    others = ("CATALOG", "RECOMMENDATIONS", "MODELS", "INSIGHTS", "PREDICTIONS", "COUPONS", "PEOPLE")
    lacking = (f"SHOPKEEPER_{name}_URL" for name in others)
    with pytest.raises(InvalidInput, match=rf"set {', '.join(lacking)}\."):
        services_of(None, Settings(events_url=NOWHERE))


async def test_without_events_and_catalogue_everybody_gets_what_is_popular(tmp_path: Path) -> None:
    settings = Settings(events_url=NOWHERE, catalog_url=NOWHERE, retries=0)
    told = (await ask(settings, tmp_path, "/v1/recommendations?user_id=u0&n=5", "recommendations")).json()
    assert (told["reason"], len(told["items"])) == ("popular", 5)
    assert all(item["title"] == item["item_id"] for item in told["items"])


async def test_a_list_does_not_wait_for_a_history_that_does_not_come(tmp_path: Path) -> None:
    class Slow(EventsService):
        async def history(
            self, shopper_id: str, *, limit: int = 50, types: Collection[EventType] = tuple(EventType)
        ) -> History:
            await anyio.sleep_forever()
            raise AssertionError

    shop = fitted_shop(tmp_path)

    async def nothing() -> dict[str, int]:
        return {}

    catalog = CatalogService(shop.catalog, tagging_of(shop, Settings(), clock), nothing, off_loop)
    people = PeopleService(
        shop.people,
        shop.privacy,
        erasing_of(shop, Settings(), clock),
        packing_of(Settings()),
        clock,
        off_loop,
        off_loop,
    )
    events = Slow(shop.events, shop.merges, catalog, people, shop.quarantine, clock, off_loop, off_loop)
    service = RecommendationsService(
        events,
        catalog,
        PredictionsService(events, catalog, people, shop.predictions, shop.outlooks, shop.segments, clock, off_loop),
        people,
        shop.models,
        "user_knn",
        clock,
        off_loop,
        shop.scenarios,
        shop.rules,
        shop.explorations,
        default_rng(0),
        patience_s=0.01,
    )
    assert (await service.recommend(RecommendRequest(user_id="u0"))).reason == "popular"


async def test_connections_are_closed_with_the_services() -> None:
    services = services_of(None, GATEWAY)
    await services.close()
    assert len(services.connections) == len(PORTS) - 1
    assert all(connection.is_closed for connection in services.connections)


async def test_ready_tells_what_is_missing(tmp_path: Path) -> None:
    settings = Settings(events_url=NOWHERE, retries=0)
    alone = await ask(settings, tmp_path, "/health/ready", "recommendations")
    assert (alone.status_code, alone.json()) == (200, {"status": "ready", "missing": ["events"]})
    whole = await ask(settings, tmp_path, "/health/ready")
    assert (whole.status_code, whole.json()["detail"].startswith("events: The events service")) == (503, True)
    assert (await ask(GATEWAY, tmp_path, "/health/live", "gateway")).json() == {"status": "alive"}


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ("events", "/v1/events"),
        ("catalog", "/v1/products"),
        ("recommendations", "/v1/recommendations"),
        ("models", "/v1/models"),
    ],
)
async def test_a_service_alone_has_its_own_routes_only(tmp_path: Path, part: Part, path: str) -> None:
    paths = (await ask(Settings(), tmp_path, "/openapi.json", part)).json()["paths"]
    assert {"/health/live", "/health/ready", path} <= paths.keys()
    others = {"/v1/events", "/v1/products", "/v1/recommendations", "/v1/models"} - {path}
    assert not others & paths.keys()
    assert (await ask(Settings(), tmp_path, "/", part)).json()["code"] == "no_such_route"


async def test_the_id_of_a_request_goes_through(tmp_path: Path) -> None:
    seen: list[str] = []
    way = door(
        httpx.ASGITransport(web_app(services_of(fitted_shop(tmp_path), Settings(), clock=clock))),
        lambda request: seen.append(request.headers["x-request-id"]),
    )
    async with connect("events", "http://events", timeout_s=60, retries=0, transport=way) as inner:
        local = services_of(fitted_shop(tmp_path), Settings(), clock=clock)
        app = httpx.ASGITransport(web_app(replace(local, events=EventsClient(inner))))
        async with httpx.AsyncClient(transport=app, base_url="http://shop") as http:
            for own in ("mine", "not fit\tfor a log", ""):
                answer = await http.get("/v1/shoppers", headers={"X-Request-Id": own})
                assert answer.headers["x-request-id"] == seen[-1]
    assert seen[0] == "mine"
    assert all(len(made) == 32 for made in seen[1:])
