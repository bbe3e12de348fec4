"""What only HTTP shows of the insights: pictures, and words for what cannot be asked."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from shopkeeper.adapters.analytics import DuckAnalytics
from shopkeeper.app.assemble import services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.data.keys import PUBLIC_SCOPES
from shopkeeper.data.origin import Origin
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.services.events.contract import EventBatch, EventIn
from shopkeeper.services.insights import charts
from shopkeeper.services.insights.client import InsightsClient
from shopkeeper.services.insights.contract import (
    EarnedRequest,
    FunnelRequest,
    OfDays,
    PathsRequest,
    PerformanceRequest,
    RetentionRequest,
    RulesRequest,
    SearchesRequest,
)
from shopkeeper.services.insights.segments import SEGMENTS, segment_of
from shopkeeper.testing.insights_suite import did
from shopkeeper.web.errors import answer_of
from shopkeeper.web.remote import connect
from tests.contracts.conftest import clock, fitted_shop, memory_shop
from tests.house import House, ask

pytestmark = pytest.mark.anyio

PATHS = (
    "funnel?steps=view,purchase",
    "retention?every=day",
    "rfm?since=2024-01-01",
    "rules?min_support=0",
    "recommendations?by=model",
    "performance?since=2024-01-01",
    "paths?by=category",
    "searches?sort=people",
    "echo?since=2024-01-01",
)


def texts(svg: str) -> list[str]:
    """Return what a picture says, if it is one."""
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")]


@pytest.mark.parametrize("path", PATHS)
async def test_every_analysis_is_a_picture_too(tmp_path: Path, path: str) -> None:
    services = services_of(memory_shop(tmp_path), Settings(), clock=clock)
    await did(services.events, "click", range(12), item="bulb", shown_by=Origin("home", "als", "1").named("0" * 16))
    searched = [EventIn(type="search", visitor_id=f"p{n}", query="<lamp>", n_results=0) for n in range(12)]
    await services.events.record(EventBatch(events=searched))
    for item in ("<lamp>", "bulb"):
        await did(services.events, "view", range(20), hours=48, item=item)
        await did(services.events, "purchase", range(12), item=item)
        await did(services.events, "purchase", range(20, 60), item="cup")
    transport = httpx.ASGITransport(web_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
        asked = await http.get(f"/v1/insights/{path}&format=svg")
        accepted = await http.get(f"/v1/insights/{path}", headers={"accept": "image/svg+xml"})
        figures = await http.get(f"/v1/insights/{path}", headers={"accept": "*/*"})
    assert (asked.status_code, asked.headers["content-type"]) == (200, "image/svg+xml")
    assert (asked.text, figures.headers["content-type"]) == (accepted.text, "application/json")
    kind = path.partition("?")[0]
    expected = {
        "funnel": "purchase 10 · 50 % of all",
        "retention": "+2",
        "rfm": "champions",
        "rules": "→ <lamp>",
        "paths": "purchase",
        "echo": "of what people turned to, lists led there",
        "searches": "<10 led nowhere, 100 % found nothing",
        "performance": "viewed by 20, bought by 10, 50 % of viewers",
        "recommendations": "after a click: <10 into carts, 10 bought, 50.00 EUR",
    }
    assert expected[kind] in texts(asked.text)


async def test_pictures_of_an_empty_shop_say_so(tmp_path: Path) -> None:
    insights = services_of(memory_shop(tmp_path), Settings(), clock=clock).insights
    told = [
        charts.funnel(await insights.funnel(FunnelRequest(steps=["view", "cart"], by="brand"))),
        charts.retention(await insights.retention(RetentionRequest())),
        charts.rfm(await insights.rfm(OfDays())),
        charts.rules(await insights.rules(RulesRequest())),
        charts.earned(await insights.earned(EarnedRequest())),
        charts.performance(await insights.performance(PerformanceRequest())),
        charts.paths(await insights.paths(PathsRequest())),
        charts.searches(await insights.searches(SearchesRequest())),
        charts.echo(await insights.echo(OfDays())),
    ]
    said = [
        "Nothing with ten people or more.",
        "Nobody came.",
        "Fewer than 10 customers",
        "Fewer than 10 baskets",
        "<10 shown, <10 clicked on",
        "Nothing that ten people or more viewed or bought.",
        "No way that ten people took.",
        "Nothing that ten people searched for.",
        "<10 people, of <10 enough is known",
    ]
    assert [text in texts(picture) for text, picture in zip(said, told, strict=True)] == [True] * len(said)


async def test_what_a_list_earned_is_known_from_its_answer(tmp_path: Path) -> None:
    """From the answer over the page's events to the version of the model, with nothing stored between."""
    services = services_of(fitted_shop(tmp_path), Settings(model="als"), clock=clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web_app(services)), base_url="http://shop") as http:
        for n in range(12):
            answer = (await http.post("/v1/recommendations", json={"user_id": f"new{n}", "n": 1})).json()
            about = {"user_id": f"new{n}", "item_id": answer["items"][0]["item_id"]}
            shown = about | {"recommendation_id": answer["recommendation_id"]}
            bought = about | {"type": "purchase", "price_minor": 100, "currency": "EUR"}
            told = [shown | {"type": "impression"}, shown | {"type": "click"}, bought]
            assert (await http.post("/v1/events", json={"events": told})).status_code == 201
        (group,) = (await http.get("/v1/insights/recommendations")).json()["groups"]
    assert len(answer["recommendation_id"]) <= 200
    names = (group["scenario"], group["model"], group["model_version"])
    assert names == (answer["scenario"], answer["model"], answer["model_version"])
    assert (group["impressions"], group["clicks"], group["after_click"]["money_minor"]) == (10, 10, 1000)


async def test_a_gateway_draws_what_the_service_elsewhere_counts(tmp_path: Path) -> None:
    services = services_of(memory_shop(tmp_path), Settings(), clock=clock)
    inner = httpx.ASGITransport(web_app(services, "insights"))
    async with connect("insights", "http://i", timeout_s=60, retries=0, transport=inner) as away:
        outer = httpx.ASGITransport(web_app(replace(services, insights=InsightsClient(away))))
        async with httpx.AsyncClient(transport=outer, base_url="http://shop") as http:
            told = [(await http.get(f"/v1/insights/{path}&format=svg")).headers["content-type"] for path in PATHS]
    assert told == ["image/svg+xml"] * len(PATHS)


def test_the_segments_of_the_page_are_those_of_the_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "insights.md").read_text()
    rows = [f"| {s} | {' | '.join(segment_of(r, s) for r in range(1, 6))} |" for s in range(5, 0, -1)]
    assert [row for row in rows if row not in page.splitlines()] == []
    assert {segment_of(r, s) for r in range(1, 6) for s in range(1, 6)} == set(SEGMENTS)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("funnel?steps=view,buy", "steps[1]: Input should be 'view'"),
        ("funnel?steps=view,view", "each can be taken once, but they are view, view"),
        ("funnel?steps=view", "at least 2"),
        ("funnel", "steps: Field required"),
        ("funnel?steps=view,cart&by=colour", "by: Input should be 'category' or 'brand'"),
        ("retention?periods=100", "periods: Input should be less than or equal to 60"),
        ("rfm?since=2024-02-30", "since: "),
        ("rfm?since=2024-02-03&until=2024-02-01", "since (2024-02-03) is after until (2024-02-01)"),
        ("rules?nn=3", "nn: Extra inputs are not permitted"),
        ("recommendations?by=colour", "by[0]: Input should be 'scenario', 'model' or 'version'"),
        ("recommendations?within_hours=0", "within_hours: Input should be greater than 0"),
        ("performance?by=colour", "by: Input should be 'item', 'category' or 'brand'"),
        ("performance?sort=name", "sort: Input should be 'money'"),
        ("paths?steps=7", "steps: Input should be less than or equal to 6"),
        ("paths?types=look", "types[0]: Input should be 'view'"),
        ("searches?sort=words", "sort: Input should be 'searches'"),
        ("rfm?format=png", "format: Input should be 'json' or 'svg'"),
    ],
)
async def test_what_cannot_be_asked_is_said(tmp_path: Path, path: str, sentence: str) -> None:
    app = web_app(services_of(memory_shop(tmp_path), Settings(), clock=clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as http:
        answer = await http.get(f"/v1/insights/{path}")
        assert (answer.status_code, sentence in answer.json()["detail"]) == (422, True), answer.json()["detail"]
        with pytest.raises(InvalidInput):
            answer_of(answer, OfDays)


async def test_too_little_memory_is_said(tmp_path: Path) -> None:
    """An analysis that runs out of it is refused with advice, and not lost with the process."""
    shop = memory_shop(tmp_path)
    stores = (shop.history, shop.live, shop.merges, shop.catalog)
    small = replace(shop, analytics=partial(DuckAnalytics, *stores, memory="1MB"))
    services = services_of(small, Settings(), clock=clock)
    await did(services.events, "view", range(800))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web_app(services)), base_url="http://shop") as http:
        answer = await http.get("/v1/insights/rfm")
    told = answer.json()
    assert (answer.status_code, told["code"]) == (503, "unavailable")
    assert "This analysis needs more memory than it may take: ask for fewer days." in told["detail"]


async def test_only_keys_with_the_scope_may_ask(house: House) -> None:
    reader, other = house.key(scopes=["insights:read"]), house.key(scopes=["events:read"])
    async with house.open() as http:
        told = [await ask(http, key, "/v1/insights/rfm") for key in (reader, other)]
    assert told == [(200, ""), (403, "missing_scope")]
    assert "insights:read" not in PUBLIC_SCOPES
