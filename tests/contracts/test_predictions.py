"""What only HTTP shows of the predictions, and what a shop too small for them is told."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from shopkeeper.app.assemble import services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop
from shopkeeper.app.worker import jobs_of
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.keys import PUBLIC_SCOPES
from shopkeeper.estimator import ignore
from shopkeeper.kit.money import Money
from shopkeeper.ports import Job
from shopkeeper.services.predictions import service
from shopkeeper.testing.contract_suite import NOW
from tests.contracts.conftest import clock, memory_shop
from tests.contracts.learned import events_of, learned, saved, scores, visited
from tests.house import House, ask

pytestmark = pytest.mark.anyio


def client(shop: Shop) -> httpx.AsyncClient:
    app = web_app(services_of(shop, Settings(), clock=clock))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")


def purchases(n_customers: int) -> list[Event]:
    """Return two purchases of each, a month apart."""
    return [
        Event(
            event_id=f"{customer}-{days}",
            type=EventType.PURCHASE,
            at=NOW - timedelta(days=days, hours=customer),
            visitor_id=f"c{customer}",
            item_id="lamp",
            price=Money(900, "EUR"),
        )
        for customer in range(n_customers)
        for days in (70, 40)
    ]


def worker(shop: Shop) -> Job:
    return next(job for job in jobs_of(shop, Settings(), clock=clock) if job.name == "predictions")


async def test_a_shop_of_20_customers_is_told_so_and_gets_no_number(tmp_path: Path) -> None:
    shop = memory_shop(tmp_path)
    shop.live.append(purchases(20))
    assert "churn not: There are 20 customers who ordered again, and below 500 nothing" in worker(shop).run(ignore)
    async with client(shop) as http:
        answer = await http.post("/v1/predictions/churn", json={"shopper_ids": ["c1"]})
        known = (await http.get("/v1/predictions")).json()["predictions"]
    assert (answer.status_code, answer.json()["code"]) == (503, "too_little")
    assert answer.json()["detail"].startswith("churn: There are 20 customers who ordered again, and below 500 nothing")
    assert {one["version"] for one in known} == {None}
    assert {one["name"] for one in known if "There are" in one["why_not"]} >= {"churn", "value_90d", "value_365d"}


async def test_of_sessions_and_shown_products_what_a_few_visitors_did_is_enough(tmp_path: Path) -> None:
    """The service reads what those did who are asked about, guests too, and gets the numbers of the whole shop."""
    shop, of_session = learned(memory_shop(tmp_path), "purchase_session", "click_shown"), scores("purchase_session")
    asked = [one.shopper_id for one in of_session.values() if one.value is not None][:5]
    shop.live.append(events_of(visited().log, asked))
    batch = saved("click_shown").outlook.scores(visited(), asked, NOW, items=["i1"] * len(asked))
    async with client(shop) as http:
        still = await http.post("/v1/predictions/purchase_session", json={"shopper_ids": asked})
        wish = {"shopper_ids": [*asked, "nobody"], "item_ids": ["i1", "i5"]}
        clicks = (await http.post("/v1/predictions/click_shown", json=wish)).json()["predictions"]
        without = await http.post("/v1/predictions/click_shown", json={"shopper_ids": asked})
        many = await http.post("/v1/predictions/click_shown", json=wish | {"item_ids": ["i1"] * 200})
    assert [one["value"] for one in still.json()["predictions"]] == [of_session[shopper].value for shopper in asked]
    assert [(one["shopper_id"], one["item_id"]) for one in clicks[:2]] == [(asked[0], "i1"), (asked[0], "i5")]
    assert [one["value"] for one in clicks[::2]][: len(asked)] == [one.value for one in batch]
    assert clicks[-1]["value"] is not None
    assert (without.status_code, many.status_code) == (422, 422)
    assert "a product for each shopper, to whom it is shown: name them" in without.json()["detail"]
    assert "There are 1,200 pairs of a shopper and a product" in many.json()["detail"]


async def test_an_empty_shop_has_learned_nothing(tmp_path: Path) -> None:
    shop = memory_shop(tmp_path)
    assert worker(shop).run(ignore) == ""
    async with client(shop) as http:
        answer = await http.post("/v1/predictions/churn", json={"shopper_ids": ["c1"]})
    assert (answer.status_code, answer.json()["code"]) == (503, "not_fitted")


async def test_the_worker_learns_and_the_service_answers_from_the_next_request_on(tmp_path: Path) -> None:
    shop = learned(memory_shop(tmp_path))
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions" / "broken.toml").write_text("about = 1 2")
    job = worker(shop)
    async with client(shop) as http:
        before = (await http.post("/v1/predictions/next_category", json={"shopper_ids": ["u00000"]})).status_code
        said = job.run(ignore)
        answer = await http.post("/v1/predictions/next_category", json={"shopper_ids": ["u00000"], "why": True})
        known = {one["name"]: one for one in (await http.get("/v1/predictions")).json()["predictions"]}
    assert (before, answer.status_code) == (503, 200)
    one = answer.json()["predictions"][0]
    assert f"next_category {one['version']}" in said
    assert one["text"] in ("Books", "Games", "Music")
    assert len(one["reasons"]) == 2
    assert "broken not: The prediction broken cannot be used" in said
    assert "cannot be used" in known["broken"]["why_not"]
    # Nobody comes for long, and nothing is shown.
    without = {"broken", "purchase_session", "click_shown", "purchase_shown"}
    assert {name for name in known if known[name]["version"]} == set(known) - without
    assert "There is no impression by then" in known["click_shown"]["why_not"]
    assert job.run(ignore) == ""


async def test_who_did_more_than_is_read_gets_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = learned(memory_shop(tmp_path), "next_category")
    monkeypatch.setattr(service, "MOST", 5)
    async with client(shop) as http:
        answer = await http.post("/v1/predictions/next_category", json={"shopper_ids": ["u00000"]})
    (one,) = answer.json()["predictions"]
    assert (one["value"], "as no person does" in one["text"]) == (None, True)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "shopper_ids: Field required"),
        ({"shopper_ids": []}, "shopper_ids: List should have at least 1"),
        ({"shopper_ids": ["a"] * 1001}, "shopper_ids: List should have at most 1000"),
        ({"shopper_ids": ["a"], "as_of": "2024-05-01T00:00:00"}, "as_of: Input should have timezone info"),
        ({"shopper_ids": ["a"], "when": "now"}, "when: Extra inputs are not permitted"),
    ],
)
async def test_what_cannot_be_asked_is_said(tmp_path: Path, body: dict[str, object], why: str) -> None:
    async with client(memory_shop(tmp_path)) as http:
        answer = await http.post("/v1/predictions/churn", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert why in answer.json()["detail"]


async def test_only_keys_with_the_scope_may_ask(house: House) -> None:
    reader, other = house.key(scopes=["predictions:read"]), house.key(scopes=["events:read"])
    async with house.open() as http:
        told = [await ask(http, key, "/v1/predictions") for key in (reader, other)]
    assert told == [(200, ""), (403, "missing_scope")]
    assert "predictions:read" not in PUBLIC_SCOPES


async def test_a_segment_that_cannot_be_used_says_why_and_the_others_go_on(tmp_path: Path) -> None:
    shop = learned(memory_shop(tmp_path), "next_category")
    (tmp_path / "segments").mkdir()
    wheres = {"a": "b", "b": "a", "c": "chrun > 1", "d": "purchases >= 0"}
    for name, where in wheres.items():
        (tmp_path / "segments" / f"{name}.toml").write_text(f"about = 'x'\nwhere = '{where}'\n")
    (tmp_path / "segments" / "e.toml").write_text("about = 1 2")
    async with client(shop) as http:
        checked = (await http.post("/v1/segments/check", json={"shopper_ids": ["u00000"]})).json()
        listed = {one["name"]: one["why_not"] for one in (await http.get("/v1/segments")).json()["segments"]}
    assert checked["shoppers"] == [{"shopper_id": "u00000", "segments": ["d"]}]
    assert checked["unsaid"] == {name: why for name, why in listed.items() if why}
    assert "a refers to itself: a -> b -> a" in listed["a"]
    assert "did you mean churn" in listed["c"]
    assert "The segment e cannot be used" in listed["e"]
