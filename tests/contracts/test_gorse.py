"""Gorse's own client, with nothing changed but its address."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import uvicorn
from gorse import AsyncGorse, Gorse, GorseException
from pydantic import HttpUrl, JsonValue
from starlette.types import ASGIApp

from shopkeeper.adapters.files import import_events
from shopkeeper.app.assemble import assemble, services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop
from shopkeeper.data.catalog import Product
from shopkeeper.data.events import EventType
from shopkeeper.data.gorse import FEEDBACK
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.money import Money
from shopkeeper.testing.contract_suite import NOW
from tests.contracts.conftest import clock, fitted_shop, memory_shop

DAY = "2024-02-24T00:00:00Z"


class Served(NamedTuple):
    shop: Shop
    url: str
    client: Gorse


@contextmanager
def serving(shop: Shop, own_words: str = "", app: ASGIApp | None = None) -> Iterator[Served]:
    """Serve a shop on a free port, by an application of its own unless one is given."""
    app = app or web_app(services_of(shop, Settings(), clock=clock), gorse_feedback=own_words)
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        try:
            yield Served(shop, url, Gorse(url, "key", timeout=60))
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(memory_shop(tmp_path)) as served:
        yield served


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(fitted_shop(tmp_path_factory.mktemp("shop"))) as served:
        yield served


def feedback(name: str, item_id: str, at: str = DAY, user_id: str = "bob") -> dict[str, JsonValue]:
    return {"FeedbackType": name, "UserId": user_id, "ItemId": item_id, "Timestamp": at}


def ids(scores: list[dict[str, JsonValue]]) -> list[JsonValue]:
    return [score["Id"] for score in scores]


def test_an_item_comes_back_as_it_was_inserted(served: Served) -> None:
    item = {
        "ItemId": "vue",
        "IsHidden": True,
        "Categories": ["framework"],
        "Timestamp": DAY,
        "Labels": {"language": ["JavaScript"], "stars": 3},
        "Comment": "Vue.js",
    }
    assert served.client.insert_item(item)["RowAffected"] == 1
    assert served.client.get_item("vue") == item


def test_labels_that_are_a_list_are_tags_and_others_are_named_as_not_kept(served: Served) -> None:
    assert served.client.insert_item({"ItemId": "a", "Labels": ["x", "y"]})["NotKept"] == []
    told = served.client.insert_item({"ItemId": "b", "Labels": {"vectors": {"title": [0.5, 1]}, "colour": "red"}})
    assert told["NotKept"] == ["Labels.vectors.title"]
    found = served.shop.catalog.get(["a", "b"])
    assert (found["a"].tags, found["b"].attributes) == (("x", "y"), {"colour": "red"})


def test_an_update_leaves_what_it_does_not_name(served: Served) -> None:
    served.client.insert_item({"ItemId": "a", "Categories": ["c"], "Labels": ["x"], "Comment": "A"})
    served.client.update_item("a", is_hidden=True, comment="B")
    told = served.client.get_item("a")
    assert (told["IsHidden"], told["Comment"], told["Categories"], told["Labels"]) == (True, "B", ["c"], ["x"])


def test_inserting_an_item_leaves_what_gorse_has_no_word_for(served: Served) -> None:
    served.shop.catalog.upsert([Product(item_id="a", title="A", price=Money(100, "EUR"), tags=("old",))])
    served.client.insert_item({"ItemId": "a", "Comment": "B"})
    (kept,) = served.shop.catalog.get(["a"]).values()
    assert (kept.title, kept.price, kept.tags) == ("B", Money(100, "EUR"), ())


def test_items_are_listed_page_by_page_and_found(served: Served) -> None:
    served.shop.catalog.upsert(Product(item_id=f"i{number}", title=f"Toy {number}") for number in range(5))
    served.shop.catalog.remove(["i3"])
    found, cursor = [], ""
    while page := served.client.get_items(2, cursor):
        found += [item["ItemId"] for item in page[0]]
        if not (cursor := page[1]):
            break
    assert sorted(found) == ["i0", "i1", "i2", "i4"]
    assert [item["ItemId"] for item in served.client.search_items("toy 4")] == ["i4"]


def test_a_deleted_item_is_gone(served: Served) -> None:
    served.client.insert_item({"ItemId": "a"})
    assert [served.client.delete_item("a")["RowAffected"] for _ in range(2)] == [1, 0]
    with pytest.raises(GorseException) as error:
        served.client.get_item("a")
    assert error.value.status_code == 404


def test_a_category_is_put_in_and_taken_out(served: Served) -> None:
    served.client.insert_item({"ItemId": "a", "Categories": ["c"]})
    for method, wanted in (("PUT", ["c", "d"]), ("PUT", ["c", "d"]), ("DELETE", ["c"])):
        httpx.request(method, f"{served.url}/api/item/a/category/d")
        assert served.client.get_item("a")["Categories"] == wanted


def test_a_product_has_room_for_so_many_categories(served: Served) -> None:
    served.client.insert_item({"ItemId": "a", "Categories": [f"c{number}" for number in range(100)]})
    answer = httpx.put(f"{served.url}/api/item/a/category/d")
    assert (answer.status_code, "categories" in answer.json()["detail"]) == (422, True)


def test_feedback_is_events_and_is_told_in_the_shops_own_words(served: Served) -> None:
    assert served.client.insert_feedbacks([feedback("star", "a"), feedback("read", "a")])["RowAffected"] == 2
    served.client.insert_feedback("star", "bob", "a", "2024-03-01T00:00:00Z")
    kinds = [event.type for event in served.shop.events.history("bob")]
    assert sorted(kinds) == [EventType.VIEW, EventType.FAVORITE, EventType.FAVORITE]
    told = {"FeedbackType": "star", "UserId": "bob", "ItemId": "a", "Timestamp": DAY, "Comment": ""}
    assert served.client.list_feedbacks("star", "bob") == [told | {"Updated": "2024-03-01T00:00:00Z"}]
    assert served.client.get_item("a")["ItemId"] == "a"


def test_feedback_between_a_person_and_a_product(served: Served) -> None:
    served.client.insert_feedbacks([feedback("star", "a"), feedback("read", "a"), feedback("star", "b")])

    def told(path: str) -> httpx.Response:
        return httpx.get(f"{served.url}/api/feedback/{path}")

    assert sorted(one["FeedbackType"] for one in told("bob/a").json()) == ["read", "star"]
    assert told("star/bob/b").json()["ItemId"] == "b"
    assert (told("read/bob/b").status_code, told("read/bob/b").json()) == (200, {})


@pytest.mark.parametrize("at", [DAY, ""])
def test_the_same_feedback_is_stored_once(served: Served, at: str) -> None:
    for _ in range(2):
        assert (
            served.client.insert_feedbacks([feedback("like", "a", at), feedback("like", "b", at)])["RowAffected"] == 2
        )
    assert served.shop.events.count() == 2


def test_a_time_that_go_did_not_set_is_now(served: Served) -> None:
    served.client.insert_feedback("like", "bob", "a", "0001-01-01T00:00:00Z", value=3)
    assert [event.at for event in served.shop.events.history("bob")] == [NOW]


def test_what_feedback_has_no_place_for_is_named(served: Served) -> None:
    told = served.client.insert_feedbacks([feedback("like", "a") | {"Value": 2, "Labels": ["x"], "Comment": "y"}])
    assert told == {"RowAffected": 1, "NotKept": ["Value", "Labels", "Comment"]}


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (feedback("dwell", "a"), "SHOPKEEPER_GORSE_FEEDBACK"),
        (feedback("like", "a", "yesterday"), "[2100].Timestamp"),
        (feedback("like", "a", "2099-01-01T00:00:00Z"), "in the future"),
    ],
)
def test_bad_feedback_is_named_and_nothing_of_all_is_stored(
    served: Served, bad: dict[str, JsonValue], why: str
) -> None:
    with pytest.raises(GorseException) as error:
        served.client.insert_feedbacks([*(feedback("like", f"i{number}") for number in range(2100)), bad])
    assert (error.value.status_code, why in error.value.message) == (422, True)
    assert served.shop.events.count() == 0


def test_a_shop_says_what_its_own_words_mean(tmp_path: Path) -> None:
    with serving(memory_shop(tmp_path), "Dwell=view, hate = ignore") as served:
        told = served.client.insert_feedbacks([feedback("dwell", "a"), feedback("hate", "b")])
        assert told["RowAffected"] == 1
        assert [event.type for event in served.shop.events.history("bob")] == [EventType.VIEW]


def test_a_word_that_cannot_be_meant_is_named_before_the_shop_opens() -> None:
    with pytest.raises(InvalidInput, match=r"SHOPKEEPER_GORSE_FEEDBACK: .*no event type 'love'"):
        Settings.read({"gorse_feedback": "star=love"})


def test_what_was_imported_is_not_stored_once_more_when_it_is_posted(tmp_path: Path) -> None:
    shop = fitted_shop(tmp_path / "shop")
    export = tmp_path / "feedback.jsonl"
    export.write_text(
        '{"FeedbackType":"star","UserId":"bob","ItemId":"é","Value":0,"Timestamp":"2024-02-24T01:02:03.456789123Z",'
        '"Updated":"2024-02-24T01:02:03Z","Labels":null,"Comment":""}\n'
    )
    assert import_events(export, shop.history, now=NOW, rejects_path=tmp_path / "rejects").presets == ("gorse",)
    with serving(shop) as served:
        served.client.insert_feedbacks([feedback("star", "é", "2024-02-24T01:02:03.456789123Z")])
    (posted,) = shop.live.history("bob")
    assert shop.history.known_ids([posted.event_id]) == {posted.event_id}


def test_nothing_is_kept_of_people_but_what_they_did(served: Served) -> None:
    told = served.client.insert_users([{"UserId": "bob", "Labels": {"age": 24}, "Comment": "my user"}])
    assert told == {"RowAffected": 0, "NotKept": ["Labels", "Comment"]}
    with pytest.raises(GorseException) as error:
        served.client.get_user("bob")
    assert error.value.status_code == 404
    served.client.insert_feedbacks([feedback("read", "a")])
    assert served.client.get_user("bob")["UserId"] == "bob"


@pytest.mark.parametrize(
    ("call", "given"),
    [("delete_feedback", ("bob", "a")), ("delete_user", ("bob",)), ("get_users", (10,)), ("get_feedbacks", (10,))],
)
def test_what_is_not_supported_is_said_to_be_so(served: Served, call: str, given: tuple[JsonValue, ...]) -> None:
    with pytest.raises(GorseException) as error:
        getattr(served.client, call)(*given)
    assert (error.value.status_code, "come-from-gorse" in error.value.message) == (501, True)


def test_a_list_for_a_person_is_without_what_they_know(fitted: Served) -> None:
    known = ["i0", "i2", "i4"]
    fitted.client.insert_feedbacks([feedback("star", item_id, user_id="ann") for item_id in known])
    whole = fitted.client.get_recommend("ann", n=5)
    assert {score.id for score in whole} <= {f"i{number}" for number in range(8, 20, 2)}
    assert whole[0].score > 0
    pages = [fitted.client.get_recommend("ann", n=2, offset=offset) for offset in (0, 2, 4, 500)]
    assert [score.id for page in pages for score in page][:5] == [score.id for score in whole]


def test_without_the_newer_version_a_list_is_ids(fitted: Served) -> None:
    listed = httpx.get(f"{fitted.url}/api/recommend/stranger", params={"n": 2}).json()
    assert listed == ["i0", "i1"]


@pytest.mark.parametrize(
    "path",
    [
        "/recommend/eve/Toys > Cars",
        "/recommend/eve?category=Toys&category=Toys > Cars",
        "/non-personalized/popular?category=Toys > Cars",
        "/item/i1/neighbors/Toys > Cars",
        "/item-to-item/bought_together/i1?category=Toys > Cars",
    ],
)
def test_a_list_of_a_category_has_only_what_is_in_it(fitted: Served, path: str) -> None:
    listed = httpx.get(f"{fitted.url}/api{path}").json()
    assert {one if isinstance(one, str) else one["Id"] for one in listed} <= {f"i{n}" for n in range(10, 19)}
    assert listed


def test_a_category_with_quotes_is_no_expression(fitted: Served) -> None:
    answer = httpx.get(f"{fitted.url}/api/popular", params={"category": '" in categories or "\\'})
    assert (answer.status_code, answer.json()) == (200, [])


def test_a_list_that_is_written_back_was_shown(fitted: Served) -> None:
    shown = fitted.client.get_recommend("zoe", n=3, write_back_type="read", write_back_delay="10m")
    events = fitted.shop.events.history("zoe")
    assert [event.item_id for event in events] == [score.id for score in shown]
    assert {event.type for event in events} == {EventType.IMPRESSION}


def test_a_visit_gets_what_goes_with_it(fitted: Served) -> None:
    visit = [feedback("like", item_id, "2010-01-01T01:01:01.000001", "0") for item_id in ("i1", "i3")]
    before = fitted.shop.events.count()
    listed = fitted.client.session_recommend(visit, 3)
    assert set(ids(listed)) <= {f"i{number}" for number in range(5, 20, 2)}
    assert fitted.shop.events.count() == before


def test_neighbours_are_of_the_products_kind(fitted: Served) -> None:
    assert set(ids(fitted.client.get_neighbors("i3", 4))) <= {f"i{number}" for number in range(1, 20, 2)}
    assert fitted.client.get_neighbors("i3", 2, offset=2) == fitted.client.get_neighbors("i3", 4)[2:]


def test_lists_for_everybody(fitted: Served) -> None:
    fitted.client.insert_feedbacks([feedback("read", "i0", user_id="max")])

    def listed(path: str, **asked: str) -> list[JsonValue]:
        return ids(httpx.get(f"{fitted.url}/api/{path}", params={"n": 2, **asked}).json())

    assert listed("popular/") == listed("non-personalized/popular") == ["i0", "i1"]
    assert listed("popular", **{"user-id": "max"}) == ["i1", "i2"]
    assert listed("non-personalized/trending") == ["i0", "i1"]
    assert httpx.get(f"{fitted.url}/api/non-personalized/nothing").status_code == 404


def test_the_latest_are_those_that_no_model_knows(tmp_path: Path) -> None:
    with serving(fitted_shop(tmp_path)) as served:
        served.client.insert_item({"ItemId": "new", "Comment": "New"})
        assert ids(httpx.get(f"{served.url}/api/latest").json()) == ["new"]


@pytest.mark.anyio
async def test_the_asynchronous_client_works_too(served: Served) -> None:
    client = AsyncGorse(served.url, "key")
    at = (datetime.now(UTC) - timedelta(days=1000)).isoformat()
    assert (await client.insert_feedback("star", "bob", "a", at))["RowAffected"] == 1
    assert len(await client.list_feedbacks("star", "bob")) == 1


def test_the_gateway_has_the_door_too(fitted: Served) -> None:
    url = HttpUrl(fitted.url)
    settings = Settings(
        events_url=url,
        catalog_url=url,
        recommendations_url=url,
        models_url=url,
        insights_url=url,
        predictions_url=url,
        coupons_url=url,
        people_url=url,
        timeout_s=60,
        gorse_feedback="adore=favorite",
    )
    with serving(fitted.shop, app=assemble(settings, "gateway")) as served:
        served.client.insert_item({"ItemId": "lent", "Comment": "Lent"})
        served.client.update_item("lent", comment="Borrowed")
        served.client.insert_feedbacks([feedback("adore", item_id, user_id="kim") for item_id in ("i1", "lent")])
        assert served.client.get_item("lent")["Comment"] == "Borrowed"
        assert {one["ItemId"] for one in served.client.list_feedbacks("adore", "kim")} == {"i1", "lent"}
        assert "i3" in {score.id for score in served.client.get_recommend("kim")}
        assert served.client.delete_item("lent")["RowAffected"] == 1


def test_the_how_to_lists_what_feedback_means() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "come-from-gorse.md").read_text()
    rows = re.findall(r"^\| (`.*`) \| (\w+) \|$", page, re.MULTILINE)
    listed = {name: kind for names, kind in rows for name in re.findall(r"`(\w+)`", names)}
    own = {kind.label for kind in EventType}
    assert listed == {name: kind.label for name, kind in FEEDBACK.items() if name not in own}
