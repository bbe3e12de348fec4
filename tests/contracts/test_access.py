"""What operators see: metrics by route, a log line for each request, a problem where something fails unexpectedly."""

import gc
import logging
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.types import Message

from shopkeeper.app.assemble import assemble, services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.app.telemetry import registry_of, trace
from shopkeeper.app.threads import off_loop
from shopkeeper.data.events import EventType
from shopkeeper.services.events.client import EventsClient
from shopkeeper.services.events.contract import History
from shopkeeper.services.events.service import EventsService
from shopkeeper.web.remote import connect
from tests.contracts.conftest import clock, fitted_shop

pytestmark = pytest.mark.anyio
SECRET = "somebody-named"


def client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")


async def test_answers_are_counted_and_logged_by_route_and_never_by_person(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shop = fitted_shop(tmp_path)
    app = web_app(services_of(shop, Settings(), clock=clock), registry=registry_of(shop.models))
    with caplog.at_level(logging.INFO, "shopkeeper"):
        async with client(app) as http:
            await http.get("/v1/history", params={"user_id": SECRET})
            await http.get(f"/v1/products/{SECRET}")
            metrics = (await http.get("/metrics")).text
    assert 'shopkeeper_answers_total{method="GET",route="/v1/history",status="200"} 1.0' in metrics
    assert 'shopkeeper_answers_total{method="GET",route="/v1/products/{item_id:path}",status="404"} 1.0' in metrics
    assert 'shopkeeper_model_fitted_seconds{model="user_knn",version="user_knn-1"}' in metrics
    assert "process_resident_memory_bytes" in metrics
    assert "GET /v1/history 200" in caplog.text
    assert SECRET not in metrics + caplog.text


async def test_what_fails_unexpectedly_is_a_problem_with_the_id_to_look_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(EventsService):
        async def history(
            self, shopper_id: str, *, limit: int = 50, types: Collection[EventType] = tuple(EventType)
        ) -> History:
            raise RuntimeError("a bug")

    shop = fitted_shop(tmp_path)
    services = services_of(shop, Settings(), clock=clock)
    broken = replace(
        services,
        events=Broken(
            shop.events, shop.merges, services.catalog, services.people, shop.quarantine, clock, off_loop, off_loop
        ),
    )
    async with client(web_app(broken)) as http:
        answer = await http.get("/v1/history", params={"user_id": "u"}, headers={"X-Request-Id": "r-1"})
    assert (answer.status_code, answer.json()["code"], answer.json()["request_id"]) == (500, "failure", "r-1")
    assert "a bug" not in answer.text
    assert "a bug" in caplog.text


async def test_who_goes_before_the_answer_is_no_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = web_app(services_of(fitted_shop(tmp_path), Settings(), clock=clock))

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def nobody(_: Message) -> None:
        raise AssertionError("there is nobody to answer")

    about = {"method": "POST", "path": "/v1/coupons/redeem", "query_string": b"", "headers": [], "root_path": ""}
    with caplog.at_level(logging.INFO, "shopkeeper"):
        await app({"type": "http", **about}, gone, nobody)
    assert ["POST /v1/coupons/redeem 499" in record.getMessage() for record in caplog.records] == [True]


async def test_no_search_for_garbage_walks_through_what_was_there_at_the_start(tmp_path: Path) -> None:
    told: list[str] = []

    async def next_message() -> Message:
        return {"type": "lifespan.shutdown" if told else "lifespan.startup"}

    async def tell(message: Message) -> None:
        told.append(f"{message['type']}, settled {gc.get_freeze_count() > 0}")

    gc.unfreeze()
    try:
        await assemble(Settings(store=tmp_path), "coupons")({"type": "lifespan"}, next_message, tell)
    finally:
        gc.unfreeze()
    assert told == ["lifespan.startup.complete, settled True", "lifespan.shutdown.complete, settled True"]


async def test_a_trace_goes_through_all_services_and_names_nobody(tmp_path: Path) -> None:
    seen, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(seen))
    local = services_of(fitted_shop(tmp_path), Settings(), clock=clock)
    inner = web_app(local, "events")
    async with connect("events", "http://e", timeout_s=60, retries=0, transport=httpx.ASGITransport(inner)) as events:
        outer = web_app(replace(local, events=EventsClient(events, clock)))
        trace(inner, [], provider)
        trace(outer, [events], provider)
        async with client(outer) as http:
            await http.get("/v1/history", params={"user_id": SECRET})
    spans = seen.get_finished_spans()
    assert [span.name for span in spans] == ["GET /v1/history", "GET", "GET /v1/history"]
    assert len({span.context.trace_id for span in spans if span.context}) == 1
    assert SECRET not in str([dict(span.attributes or {}) for span in spans])


async def test_the_metrics_of_the_how_to_exist(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "watch-a-shop.md").read_text()
    shop = fitted_shop(tmp_path)
    async with client(web_app(services_of(shop, Settings(), clock=clock), registry=registry_of(shop.models))) as http:
        await http.get("/health/live")
        told = (await http.get("/metrics")).text
    assert [name for name in re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) if name not in told] == []
