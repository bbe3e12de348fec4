"""What only HTTP shows: statuses, problems, and the application against its own description."""

import json
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from pydantic import SecretStr
from schemathesis.core.result import Ok

from shopkeeper.adapters.files import import_events
from shopkeeper.app.assemble import services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, open_shop
from shopkeeper.testing.contract_suite import NOW
from tests.contracts.conftest import application, clock, fitted, fitted_shop, memory_shop, saved
from tests.postgres import PostgresServer, running

pytestmark = pytest.mark.anyio


def client(shop: Shop) -> httpx.AsyncClient:
    app = application(services_of(shop, Settings(), clock=clock))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")


async def test_a_malformed_event_is_named_and_nothing_is_stored(tmp_path: Path) -> None:
    shop = fitted_shop(tmp_path)
    good = {"type": "view", "visitor_id": "v", "item_id": "i1"}
    async with client(shop) as http:
        answer = await http.post("/v1/events", json={"events": [good, good | {"type": "vieww"}]})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "events[1].type" in answer.json()["detail"]
    assert shop.events.count() == 0


@pytest.mark.parametrize("missing", ["visitor_id", "item_id"])
async def test_who_and_what_are_needed(tmp_path: Path, missing: str) -> None:
    event = {"type": "view", "visitor_id": "v", "item_id": "i1"}
    del event[missing]
    async with client(fitted_shop(tmp_path)) as http:
        answer = await http.post("/v1/events", json={"events": [event]})
    assert (answer.status_code, missing in answer.json()["detail"]) == (422, True)


async def test_broken_json_is_said_to_be_so(tmp_path: Path) -> None:
    async with client(fitted_shop(tmp_path)) as http:
        answer = await http.post("/v1/events", content=b"{nope", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "body: JSON decode error")


async def _in_parts(size: int) -> AsyncIterator[bytes]:
    for _ in range(0, size, 1_000_000):
        yield b" " * 1_000_000


@pytest.mark.parametrize("path", ["/v1/events", "/v1/products", "/v1/recommendations", "/v1/recommendations/batch"])
@pytest.mark.parametrize("is_told", [True, False])
async def test_a_body_that_is_too_large_is_refused(tmp_path: Path, path: str, is_told: bool) -> None:
    size, headers = 66_000_000, {"content-type": "application/json"}
    body = b" " * size if is_told else _in_parts(size)
    async with client(fitted_shop(tmp_path)) as http:
        answer = await http.request("PUT" if path == "/v1/products" else "POST", path, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["detail"] == "The body is over 64 MB: send it in parts."


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/v1/events", 405)])
async def test_a_route_that_is_not_there_is_a_problem_too(tmp_path: Path, method: str, path: str, status: int) -> None:
    async with client(fitted_shop(tmp_path)) as http:
        answer = await http.request(method, path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"


_CAREFUL = {"content-type": "application/json; charset=utf-8"}
"""What only the careful route reads."""


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"user_id": "u1", "n": 2}',
        '{"recent": ["i1"], "filter": "price > 0"}',
        '{"n": 0}',
        '{"colour": "red"}',
        '{"scenario": "homme"}',
        '{"next": "abc"}',
        '{"model": "user_nn"}',
        "[]",
        "",
        "{nope",
    ],
)
async def test_quick_and_careful_answer_the_same(tmp_path: Path, body: str) -> None:
    own = {"recommendation_id", "took_ms", "request_id"}
    async with client(fitted_shop(tmp_path)) as http:
        answers = [
            await http.post("/v1/recommendations", content=body, headers=headers)
            for headers in ({"content-type": "application/json"}, _CAREFUL)
        ]
        asked = [await http.get(f"/v1/recommendations?user_id=u1&n=2{more}") for more in ("", "&more=1")]
    for quick, careful in (answers, asked):
        assert (quick.status_code, quick.headers["content-type"]) == (
            careful.status_code,
            careful.headers["content-type"],
        )
        told, expected = quick.json(), careful.json()
        assert {name: told[name] for name in told if name not in own} == {
            name: expected[name] for name in expected if name not in own
        }


@pytest.mark.parametrize("query", ["", "user_id=", "user_id=u1&n=0", "user_id=u1&n=x", "user_id=u1&user_id=u2"])
async def test_a_query_that_is_not_plain_goes_the_careful_way(tmp_path: Path, query: str) -> None:
    async with client(fitted_shop(tmp_path)) as http:
        answer = await http.get(f"/v1/recommendations?{query}")
    # Of a name that is given twice the last counts, as everywhere.
    assert answer.status_code == (200 if query.endswith("u2") else 422)


async def test_a_shop_before_its_first_fit_is_not_ready(tmp_path: Path) -> None:
    with closing(open_shop(tmp_path)) as empty:
        async with client(empty) as http:
            answer = await http.get("/v1/recommendations", params={"user_id": "u"})
    assert (answer.status_code, "shopkeeper fit" in answer.json()["detail"]) == (503, True)


@pytest.mark.parametrize("model", ["/etc", "../../..", "a\0b", "user_nn"])
async def test_a_model_that_does_not_exist_is_not_found(tmp_path: Path, model: str) -> None:
    with closing(open_shop(tmp_path)) as empty:
        async with client(empty) as http:
            answer = await http.get("/v1/recommendations", params={"user_id": "u", "model": model})
    assert (answer.status_code, "There is no model" in answer.json()["detail"]) == (404, True)


async def test_both_services_take_up_a_new_version_but_not_a_damaged_one(tmp_path: Path) -> None:
    served = []
    with closing(open_shop(tmp_path)) as shop:
        async with client(shop) as http:
            for version in (1, 2, 3):
                shop.models.save(saved("als", version))
                if version == 3:
                    (tmp_path / "models" / "als" / "als-3" / "state.npz").write_bytes(b"")
                listed = await http.get("/v1/recommendations", params={"user_id": "u", "model": "als"})
                scored = await http.post("/v1/models/als/score", json={"histories": [["i1"]]})
                served += [listed.json()["model_version"], scored.json()["version"]]
            asked = await http.post("/v1/models/als/score", json={"histories": [["i1"]], "version": "als-3"})
    assert served == ["als-1", "als-1", "als-2", "als-2", "als-2", "als-2"]
    assert (asked.status_code, "damaged" in asked.json()["detail"]) == (503, True)


@pytest.mark.parametrize(
    ("route", "body", "said"),
    [
        ("score", {}, "histories: Field required"),
        ("score", {"histories": []}, "histories: List should have at least 1"),
        ("score", {"histories": [["i1"]] * 101}, "histories: List should have at most 100"),
        ("score", {"histories": [["i1"] * 501]}, "histories[0]: List should have at most 500"),
        ("score", {"histories": [[{"item_id": "i1", "rating": float("nan")}]]}, "finite number"),
        ("score", {"histories": [[{"item_id": "i1", "at": "2024-05-01T12:00:00"}]]}, "timezone"),
        ("score", {"histories": [[{"item_id": "i1", "quantity": 0}]]}, "greater than or equal to 1"),
        ("score", {"histories": [[7]]}, "histories[0][0]"),
        ("score", {"histories": [["i1"]], "n": 1001}, "n: Input should be less than or equal to 1000"),
        ("score", {"histories": [["i1"]], "items": []}, "items: List should have at least 1"),
        ("score", {"histories": [["i1"]], "items": ["new"]}, "knows none of them"),
        ("score", {"history": ["i1"]}, "history: Extra inputs are not permitted"),
        ("embed", {}, "histories or items are needed"),
        ("embed", {"items": ["i1"] * 1001}, "items: List should have at most 1000"),
    ],
)
async def test_what_a_model_cannot_be_asked_is_said(
    tmp_path: Path, route: str, body: dict[str, object], said: str
) -> None:
    async with client(fitted_shop(tmp_path)) as http:
        # The client would not send NaN.
        headers = {"content-type": "application/json"}
        answer = await http.post(f"/v1/models/als/{route}", content=json.dumps(body), headers=headers)
    assert (answer.status_code, said in answer.json()["detail"]) == (422, True), answer.text


@pytest.mark.parametrize("name", ["user_nn", "svd", "a\0b", "..%2F..", "x" * 5000])
@pytest.mark.parametrize("route", ["", "/score", "/embed"])
async def test_a_model_that_was_not_fitted_has_no_routes(tmp_path: Path, name: str, route: str) -> None:
    async with client(fitted_shop(tmp_path)) as http:
        path = f"/v1/models/{quote(name)}{route}"
        answer = await (http.post(path, json={"histories": [[]]}) if route else http.get(path))
    assert (answer.status_code, "user_knn" in answer.json()["detail"]) == (404, True), answer.text


async def test_somebody_must_be_asked_for(tmp_path: Path) -> None:
    async with client(fitted_shop(tmp_path)) as http:
        answer = await http.get("/v1/recommendations")
    assert (answer.status_code, "user_id or visitor_id" in answer.json()["detail"]) == (422, True)


async def test_says_whether_it_can_answer(tmp_path: Path) -> None:
    async with client(fitted_shop(tmp_path)) as http:
        assert (await http.get("/health/live")).json() == {"status": "alive"}
        assert (await http.get("/health/ready")).json() == {"status": "ready"}
    with closing(open_shop(tmp_path / "empty")) as empty:
        async with client(empty) as http:
            answer = await http.get("/health/ready")
    assert (answer.status_code, "shopkeeper fit" in answer.json()["detail"]) == (503, True)


async def test_what_was_imported_and_posted_is_one_event(tmp_path: Path) -> None:
    shop = fitted_shop(tmp_path / "history")
    path = tmp_path / "log.csv"
    path.write_text(
        "user_id,item_id,type,timestamp,quantity,price,currency,rating\nu,é,purchase,1700000000,2,2.50,EUR,4.1\n"
    )
    import_events(path, shop.history, now=NOW, rejects_path=tmp_path / "rejects.csv")
    posted = {"type": "purchase", "user_id": "u", "item_id": "é", "at": "2023-11-14T22:13:20Z", "quantity": 2}
    posted |= {"price_minor": 250, "currency": "EUR", "rating": 4.1}
    async with client(shop) as http:
        (event_id,) = (await http.post("/v1/events", json={"events": [posted]})).json()["event_ids"]
    assert shop.history.known_ids([event_id]) == {event_id}


async def test_a_database_that_stopped_is_a_503_and_counts_again_when_it_is_back(tmp_path: Path) -> None:
    event = {"type": "view", "visitor_id": "v", "item_id": "i1", "event_id": "1"}
    with running() as server, closing(open_shop(tmp_path, SecretStr(server.url))) as shop:
        async with client(fitted(shop)) as http:
            server.stop()
            refused = await http.post("/v1/events", json={"events": [event]})
            popular = await http.get("/v1/recommendations", params={"visitor_id": "v"})
            server.start()
            answer = await http.post("/v1/events", json={"events": [event]})
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
    assert ("try the same again" in refused.text, "shopkeeper-" in refused.text) == (True, False)
    assert (popular.status_code, popular.json()["reason"]) == (200, "popular")
    assert (answer.status_code, answer.json()["accepted"]) == (201, 1)


@pytest.mark.parametrize("kept", ["in memory", "in PostgreSQL"])
def test_keeps_what_it_promises(tmp_path: Path, postgres: PostgresServer, kept: str) -> None:
    """Every route, asked for anything its description allows and for some that it does not, answers as described."""
    memory = kept == "in memory"
    shop = memory_shop(tmp_path) if memory else open_shop(tmp_path, SecretStr(postgres.new_database()))
    app = web_app(services_of(fitted(shop), Settings(), clock=clock))
    with closing(shop):
        for found in schemathesis.openapi.from_asgi("/openapi.json", app).get_all_operations():
            assert isinstance(found, Ok)

            @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
            @given(case=found.ok().as_strategy())
            def keeps_it(case: schemathesis.Case[Any]) -> None:
                # Rules between fields, such as "visitor_id or user_id", are not in the description of single fields.
                case.call_and_validate(excluded_checks=[schemathesis.checks.positive_data_acceptance])

            keeps_it()
