"""Each known form of log, in a few of its own lines."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shopkeeper.adapters.files import SegmentStore, import_events, read_events
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.gorse import feedback_id
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import UnknownName

NOW = datetime(2026, 1, 1, tzinfo=UTC)

LOGS = {
    "user_behavior": "user_id,item_id,behavior_type,timestamp\n7,9,3,1511658000\n",
    "taobao": "7,9,1464116,cart,1511658000\n",
    "taobao 4 columns": "7,9,cart,1511658000\n",
    "retailrocket": "timestamp,visitorid,event,itemid,transactionid\n1511658000000,7,addtocart,9,\n",
    "rees46": (
        "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
        "2017-11-26 01:00:00 UTC,cart,9,1,a.b,,35.79,7,s1\n"
    ),
    "tmall": "user_id,brand_id,type,visit_datetime\n7,9,3,6月4日\n",
    "tmall log": "user_id,item_id,cat_id,seller_id,brand_id,time_stamp,action_type\n7,9,1,1,1,0829,1\n",
}


def read(tmp_path: Path, text: str, ending: str = "csv", preset: str | None = None) -> tuple[str, list[Event]]:
    """Import one file and return its preset and the events of all persons, in time order."""
    path = tmp_path / f"log.{ending}"
    path.write_text(text)
    store = SegmentStore(tmp_path / "history")
    summary = import_events(path, store, preset=preset, now=NOW, rejects_path=tmp_path / "rejects.csv")
    assert summary.rejected == 0
    people = [*store.log().users]
    return summary.presets[0], sorted((e for who in people for e in store.history(who)), key=lambda e: to_us(e.at))


@pytest.mark.parametrize("form", LOGS)
def test_a_log_is_recognised_by_its_columns(tmp_path: Path, form: str) -> None:
    preset, [event] = read(tmp_path, LOGS[form])
    assert preset == form.partition(" ")[0]
    assert (event.shopper_id, event.item_id, event.type.label) == ("7", "9", "cart")
    assert event.at.date().isoformat() in ("2017-11-26", "2013-06-04", "2014-08-29")


def test_rees46_has_price_and_session(tmp_path: Path) -> None:
    _, [event] = read(tmp_path, LOGS["rees46"])
    assert (str(event.price), event.session_id) == ("35.79 USD", "s1")


def test_online_retail_keeps_cancellations_and_guests(tmp_path: Path) -> None:
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    rows = "536365,85123A,HOLDER,6,12/1/2010 8:26,2.55,17850.0,UK\nC536379,D,Discount,-1,12/1/2010 9:41,27.5,,UK\n"
    preset, [bought, returned] = read(tmp_path, header + rows)
    assert preset == "online-retail"
    assert (bought.type.label, bought.user_id, bought.quantity, str(bought.price)) == (
        "purchase",
        "17850",
        6,
        "2.55 GBP",
    )
    assert (returned.type.label, returned.user_id, returned.quantity) == ("refund", None, 1)
    assert returned.visitor_id == "guest:C536379"


def test_tafeng_price_is_of_one_piece(tmp_path: Path) -> None:
    header = "TRANSACTION_DT,CUSTOMER_ID,AGE_GROUP,PIN_CODE,PRODUCT_SUBCLASS,PRODUCT_ID,AMOUNT,ASSET,SALES_PRICE\n"
    preset, [event] = read(tmp_path, header + "11/1/2000,01104905,45-49,115,110411,4710199010372,2,24,30\n")
    assert (preset, event.quantity, str(event.price)) == ("tafeng", 2, "15.00 TWD")


def test_ga4_makes_an_event_of_each_product_and_skips_what_is_no_commerce(tmp_path: Path) -> None:
    shared = {"event_timestamp": "1700000000000000", "user_pseudo_id": "1.2", "user_id": None}
    parameters = [
        {"key": "currency", "value": {"string_value": "EUR"}},
        {"key": "ga_session_id", "value": {"int_value": "77"}},
    ]
    lines = [
        {**shared, "event_name": "page_view", "event_params": [], "items": []},
        {
            **shared,
            "event_name": "purchase",
            "event_params": parameters,
            "ecommerce": {"transaction_id": "T1"},
            "items": [{"item_id": "a", "price": 9.5, "quantity": "2"}, {"item_id": "b", "price": 1}],
        },
    ]
    preset, events = read(tmp_path, "\n".join(map(json.dumps, lines)), "jsonl")
    assert preset == "ga4"
    assert [(e.item_id, e.quantity, str(e.price), e.order_id) for e in events] == [
        ("a", 2, "9.50 EUR", "T1"),
        ("b", 1, "1.00 EUR", "T1"),
    ]
    assert {(e.visitor_id, e.session_id, e.user_id) for e in events} == {("1.2", "77", None)}


def test_segment_orders_number_their_products(tmp_path: Path) -> None:
    shared = {"anonymousId": "v1", "userId": "u1", "timestamp": "2024-01-01T10:00:00.000Z"}
    lines = [
        {**shared, "messageId": "m1", "event": "Product Viewed", "properties": {"product_id": "a", "price": 5}},
        {
            **shared,
            "messageId": "m2",
            "event": "Order Completed",
            "properties": {"order_id": "o1", "currency": "USD", "products": [{"product_id": "a"}, {"product_id": "b"}]},
        },
        {**shared, "messageId": "m3", "event": "Products Searched", "properties": {"query": "lamp"}},
        {**shared, "messageId": "m4", "event": "Signed In", "properties": {}},
    ]
    preset, events = read(tmp_path, "\n".join(map(json.dumps, lines)), "jsonl")
    assert preset == "segment"
    assert [(e.event_id, e.type.label, e.item_id, e.query) for e in events] == [
        ("m1", "view", "a", None),
        ("m2:1", "purchase", "a", None),
        ("m2:2", "purchase", "b", None),
        ("m3", "search", None, "lamp"),
    ]


def test_segment_passes_over_the_calls_that_are_no_track(tmp_path: Path) -> None:
    shared = {"anonymousId": "v1", "timestamp": "2024-01-01T10:00:00.000Z"}
    calls = [
        {**shared, "messageId": f"m{n}", "type": call}
        for n, call in enumerate(("page", "screen", "identify", "group", "alias"))
    ]
    viewed = {"type": "track", "event": "Product Viewed", "properties": {"product_id": "a"}}
    late = {"anonymousId": "v1", "messageId": "m7", "originalTimestamp": "2024-01-02T10:00:00.000Z"}
    lines = [*calls, {**shared, **viewed, "messageId": "m6"}, {**late, **viewed}]
    preset, events = read(tmp_path, "\n".join(map(json.dumps, lines)), "jsonl")
    assert preset == "segment"
    assert [(event.event_id, event.at.day) for event in events] == [("m6", 1), ("m7", 2)]


def test_segment_knows_a_user_who_signs_in_late(tmp_path: Path) -> None:
    seen = {"anonymousId": "v1", "event": "Product Viewed", "properties": {"product_id": "a"}}
    lines: list[dict[str, object]] = [
        {**seen, "messageId": f"m{n}", "timestamp": f"2024-01-01T10:00:00.{n:03}Z"} for n in range(300)
    ]
    lines.append({**seen, "messageId": "last", "timestamp": "2024-01-02T10:00:00Z", "userId": "u1"})
    _, events = read(tmp_path, "\n".join(map(json.dumps, lines)), "jsonl")
    assert (events[0].user_id, events[-1].user_id) == (None, "u1")


def test_gorse_tells_who_gave_which_feedback(tmp_path: Path) -> None:
    shared = {"UserId": "7", "Value": 0, "Updated": "2024-01-01T10:00:00Z", "Labels": None, "Comment": ""}
    lines = [
        {**shared, "FeedbackType": "read", "ItemId": "9", "Timestamp": "2024-01-01T10:00:00Z"},
        {**shared, "FeedbackType": "Star", "ItemId": "9", "Timestamp": "2024-01-02T10:00:00.123456789+01:00"},
    ]
    preset, events = read(tmp_path, "\n".join(map(json.dumps, lines)), "jsonl")
    assert preset == "gorse"
    assert [(e.user_id, e.item_id, e.type.label) for e in events] == [("7", "9", "view"), ("7", "9", "favorite")]
    assert [e.event_id for e in events] == [
        feedback_id(name, "7", "9", event.at) for name, event in zip(("read", "Star"), events, strict=True)
    ]


def test_a_word_of_the_source_can_be_explained(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("user_id,item_id,type,timestamp\n7,9,Gekocht,1511658000\n7,9,view,1511658000\n")
    log = read_events(path, mapping={"type:gekocht": "purchase"})
    assert sorted(log.type.tolist()) == [EventType.VIEW, EventType.PURCHASE]
    with pytest.raises(UnknownName, match="event type 'buy'"):
        read_events(path, mapping={"type:gekocht": "buy"})
