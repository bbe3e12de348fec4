"""Bodies as Google's and Segment's own documentation shows them, posted as they are."""

import json
import re
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import cast

import httpx
import pytest
from pydantic import JsonValue

from shopkeeper.adapters.files import import_events
from shopkeeper.app.assemble import services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, open_shop
from shopkeeper.data.analytics import GA4, SEGMENT
from tests.contracts.conftest import clock, memory_shop

pytestmark = pytest.mark.anyio

Body = Mapping[str, JsonValue]


async def post(shop: Shop, source: str, body: Body) -> httpx.Response:
    app = web_app(services_of(shop, Settings(), clock=clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as http:
        return await http.post(f"/v1/events{source}", json=body)


def ga4(name: str, **params: JsonValue) -> Body:
    return {
        "client_id": "123.456",
        "timestamp_micros": 1_714_500_000_000_000,
        "events": [{"name": name, "params": params}],
    }


def segment(event: str, **properties: JsonValue) -> Body:
    call: dict[str, JsonValue] = {
        "type": "track",
        "event": event,
        "messageId": "m1",
        "anonymousId": "a1",
        "userId": "u1",
        "timestamp": "2024-04-30T12:00:00.000Z",
        "properties": properties,
    }
    return {"batch": [call]}


async def test_a_purchase_of_ga4_is_an_event_for_each_product(tmp_path: Path) -> None:
    shop = memory_shop(tmp_path)
    items: list[JsonValue] = [{"item_id": "SKU_1", "price": 10.01, "quantity": 3}, {"item_id": 7, "price": "2"}]
    body = ga4("purchase", currency="EUR", transaction_id="T_1", session_id=99, value=32.03, items=items)
    answer = await post(shop, "/ga4", body)
    assert (answer.status_code, answer.json()["accepted"], answer.json()["errors"]) == (201, 2, [])
    told = [
        (event.item_id, event.quantity, event.price and event.price.minor, event.order_id, event.session_id)
        for event in shop.events.history("123.456")
    ]
    assert told == [("SKU_1", 3, 1001, "T_1", "99"), ("7", 1, 200, "T_1", "99")]
    assert (await post(shop, "/ga4", body)).json()["duplicates"] == 2


async def test_what_says_nothing_of_a_product_is_ignored(tmp_path: Path) -> None:
    answer = await post(memory_shop(tmp_path), "/ga4", ga4("page_view", page_location="https://shop"))
    assert (answer.status_code, answer.json()["accepted"], answer.json()["ignored"]) == (201, 0, 1)


async def test_a_search_needs_no_product(tmp_path: Path) -> None:
    shop = memory_shop(tmp_path)
    await post(shop, "/ga4", ga4("search", search_term="red mug"))
    assert [event.query for event in shop.events.history("123.456")] == ["red mug"]


async def test_what_cannot_be_used_is_named_and_the_rest_is_stored(tmp_path: Path) -> None:
    items: list[JsonValue] = [{"item_id": "a", "quantity": 0}, {"item_id": "b"}]
    answer = (await post(memory_shop(tmp_path), "/ga4", ga4("add_to_cart", items=items))).json()
    assert (answer["accepted"], answer["errors"][0]["index"]) == (1, 0)
    assert answer["errors"][0]["detail"].startswith("quantity: ")


async def test_a_price_that_is_none_is_named(tmp_path: Path) -> None:
    items: list[JsonValue] = [{"item_id": "a", "price": "ten"}]
    answer = (await post(memory_shop(tmp_path), "/ga4", ga4("add_to_cart", currency="EUR", items=items))).json()
    assert answer["errors"][0]["detail"].startswith("price_minor: ")


async def test_somebody_must_have_done_it(tmp_path: Path) -> None:
    answer = await post(memory_shop(tmp_path), "/ga4", {"events": [{"name": "view_item"}]})
    assert (answer.status_code, "client_id or user_id" in answer.json()["detail"]) == (422, True)


async def test_an_order_of_segment_is_an_event_for_each_product(tmp_path: Path) -> None:
    shop = memory_shop(tmp_path)
    products: list[JsonValue] = [
        {"product_id": "p1", "price": 19, "quantity": 1},
        {"product_id": "p2", "price": 3, "quantity": 2},
    ]
    body = segment("Order Completed", order_id="o1", currency="USD", products=products)
    assert (await post(shop, "/segment", body)).json()["accepted"] == 2
    told = [(event.event_id, event.item_id, event.order_id) for event in shop.events.history("u1")]
    assert told == [("m1:1", "p1", "o1"), ("m1:2", "p2", "o1")]
    assert (await post(shop, "/segment", body)).json()["duplicates"] == 2


async def test_a_call_of_segment_about_one_product(tmp_path: Path) -> None:
    shop = memory_shop(tmp_path)
    await post(shop, "/segment", segment("Product Added", product_id="p1", price=18.99, currency="usd"))
    event = shop.events.history("u1")[0]
    assert (event.type.label, event.visitor_id, event.price and event.price.minor) == ("cart", "a1", 1899)


async def test_other_calls_of_segment_are_ignored(tmp_path: Path) -> None:
    calls: list[JsonValue] = [{"type": "page", "anonymousId": "a1"}, {"type": "track", "event": "Signed Up"}]
    assert (await post(memory_shop(tmp_path), "/segment", {"batch": calls})).json()["ignored"] == 2


async def test_identifying_joins_the_past_of_a_visitor(tmp_path: Path) -> None:
    shop = memory_shop(tmp_path)
    viewed: dict[str, JsonValue] = {"type": "track", "event": "Product Viewed", "anonymousId": "a1"}
    calls: list[JsonValue] = [
        viewed | {"messageId": "m1", "timestamp": "2024-04-30T12:00:00Z", "properties": {"product_id": "p1"}},
        {"type": "identify", "anonymousId": "a1", "userId": "u1", "timestamp": "2024-04-30T12:01:00Z"},
    ]
    await post(shop, "/segment", {"batch": calls})
    assert [event.item_id for event in shop.events.history("u1")] == ["p1"]


async def test_what_was_posted_is_not_imported_once_more(tmp_path: Path) -> None:
    products: list[JsonValue] = [{"product_id": "p1", "price": 19}, {"sku": "p2", "price": 3, "quantity": 2}]
    body = segment("Order Completed", order_id="o1", currency="USD", products=products)
    with closing(open_shop(tmp_path / "store")) as shop:
        assert (await post(shop, "/segment", body)).json()["accepted"] == 2
        file = tmp_path / "calls.jsonl"
        (call,) = cast("list[JsonValue]", body["batch"])
        file.write_text(json.dumps(call) + "\n")
        import_events(file, shop.history, now=clock(), rejects_path=tmp_path / "rejects.csv", live=shop.live)
        assert sorted(str(event.item_id) for event in shop.events.history("u1")) == ["p1", "p2"]


PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "send-events.md"


@pytest.mark.parametrize(
    ("path", "body"), re.findall(r"curl localhost:8000(/v1/events\S*) .*?-d '(.*?)'\n", PAGE.read_text(), re.DOTALL)
)
async def test_the_calls_of_the_how_to_are_taken(tmp_path: Path, path: str, body: str) -> None:
    answer = await post(memory_shop(tmp_path), path.removeprefix("/v1/events"), json.loads(body))
    assert (answer.status_code, answer.json()["accepted"] > 0, answer.json()["errors"]) == (201, True, [])


def test_the_how_to_lists_what_is_translated() -> None:
    rows = dict(re.findall(r"^\| ([\w ]+) \| (\w+) \|$", PAGE.read_text(), re.MULTILINE))
    listed = {name.lower(): kind for name, kind in rows.items() if kind != "event"}
    assert listed == {name: kind.label for name, kind in {**GA4, **SEGMENT}.items()}
