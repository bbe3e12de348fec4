"""`shopkeeper.client`, both of them, against a real shop and against a server that fails on purpose."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypedDict, Unpack, get_args
from uuid import uuid4

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from pydantic import BaseModel

from shopkeeper.app.assemble import services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.client import (
    About,
    ApiError,
    AsyncClient,
    Client,
    ClientError,
    Event,
    EventKind,
    History,
    Merged,
    NoAnswer,
    Product,
    Products,
    Receipt,
    Recommendation,
    Stored,
    Variant,
    Wish,
    answers,
)
from shopkeeper.client.tries import backoff_s
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.services.catalog import contract as catalog
from shopkeeper.services.events import contract as events
from shopkeeper.services.recommendations import contract as recommendations
from tests.contracts.conftest import fitted_shop
from tests.serving import Asked, Told, moody, problem, serving, silent, stored

V = "v1"


class Talks(Protocol):
    """What these tests ask of both."""

    def track(self, kind: EventKind, item_id: str | None = None, **about: Unpack[About]) -> str: ...
    def recommend(self, **wish: Unpack[Wish]) -> Recommendation: ...
    def put_products(self, products: list[Product]) -> Stored: ...
    def get_product(self, item_id: str) -> Product: ...
    def find_products(self, text: str) -> Products: ...
    def history(self, *, visitor_id: str) -> History: ...
    def merge(self, user_id: str, *, visitor_id: str) -> Merged: ...
    def record(self, events: list[Event], *, partial: bool = False) -> Receipt: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...


class Awaited:
    """The asynchronous client on the event loop of another thread."""

    def __init__(self, portal: BlockingPortal, client: AsyncClient) -> None:
        self._portal, self._client = portal, client

    def track(self, kind: EventKind, item_id: str | None = None, **about: Unpack[About]) -> str:
        return self._portal.call(lambda: self._client.track(kind, item_id, **about))

    def recommend(self, **wish: Unpack[Wish]) -> Recommendation:
        return self._portal.call(lambda: self._client.recommend(**wish))

    def put_products(self, products: list[Product]) -> Stored:
        return self._portal.call(self._client.put_products, products)

    def get_product(self, item_id: str) -> Product:
        return self._portal.call(self._client.get_product, item_id)

    def find_products(self, text: str) -> Products:
        return self._portal.call(self._client.find_products, text)

    def history(self, *, visitor_id: str) -> History:
        return self._portal.call(lambda: self._client.history(visitor_id=visitor_id))

    def merge(self, user_id: str, *, visitor_id: str) -> Merged:
        return self._portal.call(lambda: self._client.merge(user_id, visitor_id=visitor_id))

    def record(self, events: list[Event], *, partial: bool = False) -> Receipt:
        return self._portal.call(lambda: self._client.record(events, partial=partial))

    def flush(self) -> None:
        self._portal.call(self._client.flush)

    def close(self) -> None:
        self._portal.call(self._client.close)


class Lost(list[tuple[str, str]]):
    """Ids of lost events, and why."""

    def __call__(self, event: Event, why: str) -> None:
        self.append((str(event["event_id"]), why))


class Options(TypedDict, total=False):
    api_key: str
    timeout_s: float
    buffer_events: int
    batch_events: int
    batch_s: float


class Opener:
    """Opens one kind of client, whose buffer sends nothing unasked unless told to, and closes it after the test."""

    def __init__(self, kind: str, stack: ExitStack) -> None:
        self._kind, self._stack, self.lost = kind, stack, Lost()

    def __call__(self, url: str, **options: Unpack[Options]) -> Talks:
        options = {"timeout_s": 20, "batch_s": 99, **options}
        client: Talks
        if self._kind == "sync":
            client = Client(url, on_lost=self.lost, **options)
        else:
            portal = self._stack.enter_context(start_blocking_portal())
            client = Awaited(portal, portal.call(lambda: AsyncClient(url, on_lost=self.lost, **options)))
        self._stack.callback(client.close)
        return client


@pytest.fixture(params=["sync", "async"])
def connected(request: pytest.FixtureRequest) -> Iterator[Opener]:
    with ExitStack() as stack:
        yield Opener(request.param, stack)


@pytest.fixture(scope="module")
def shop_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    app = web_app(services_of(fitted_shop(tmp_path_factory.mktemp("shop")), Settings()))
    with serving(app) as url:
        yield url


def test_what_is_told_is_known_once_it_is_sent(connected: Opener, shop_url: str) -> None:
    client, visitor = connected(shop_url), uuid4().hex
    told = [
        client.track("view", "i1", visitor_id=visitor),
        client.track("cart", "i3", visitor_id=visitor),
    ]
    client.flush()
    assert {event.event_id for event in client.history(visitor_id=visitor).events} == set(told)
    answer = client.recommend(visitor_id=visitor, n=3)
    assert (answer.reason, len(answer.items)) == ("personal", 3)


def test_a_visitor_who_signs_in_brings_their_past(connected: Opener, shop_url: str) -> None:
    client, visitor = connected(shop_url), uuid4().hex
    client.track("view", "i1", visitor_id=visitor)
    client.flush()
    assert client.merge(f"user/{visitor}", visitor_id=visitor).visitor_id == visitor
    (answer,) = client.recommend(user_id=f"user/{visitor}", n=1).items
    assert answer.reason != "popular"


def test_products_come_back_as_they_were_put(connected: Opener, shop_url: str) -> None:
    client = connected(shop_url)
    variant = Variant(variant_id="m/1", attributes={"size": "M"}, stock=2)
    mug = Product(
        item_id="a/1 ä", title="Mug", price_minor=250, currency="GBP", attributes={"lead": 3}, variants=[variant]
    )
    assert client.put_products([mug]).stored == 1
    assert client.get_product("a/1 ä") == mug
    assert client.find_products("mug").products == [mug]


def test_a_refusal_says_what_the_server_said(connected: Opener, shop_url: str) -> None:
    with pytest.raises(ApiError, match="nothing") as caught:
        connected(shop_url).get_product("nothing")
    assert (caught.value.status, caught.value.code, len(caught.value.request_id)) == (404, "not_found", 32)
    with pytest.raises(ApiError, match="price_minor and currency belong together"):
        connected(shop_url).put_products([Product(item_id="x", title="X", price_minor=1)])


def test_of_a_partial_batch_the_rest_is_stored(connected: Opener, shop_url: str) -> None:
    batch: list[Event] = [{"type": "view", "visitor_id": uuid4().hex, "item_id": item} for item in ("i1", "i" * 999)]
    receipt = connected(shop_url).record(batch, partial=True)
    assert (receipt.accepted, [problem.index for problem in receipt.errors]) == (1, [1])


def test_a_buffered_event_that_the_server_cannot_use_is_told(connected: Opener, shop_url: str) -> None:
    client = connected(shop_url)
    bad = client.track("view", "i" * 999, visitor_id=V)
    client.track("view", "i1", visitor_id=V)
    client.flush()
    ((event_id, why),) = connected.lost
    assert (event_id, "item_id" in why) == (bad, True)


@pytest.mark.parametrize(
    ("about", "names"),
    [
        ({"type": "vieww", "visitor_id": V, "item_id": "i"}, "vieww"),
        ({"type": "view", "item_id": "i", "visitor_id": None}, "visitor_id or user_id"),
        ({"type": "view", "visitor_id": V}, "item_id is needed"),
        ({"type": "view", "visitor_id": V, "item_id": "i", "colour": "red"}, "colour"),
        ({"type": "view", "visitor_id": V, "item_id": "i", "at": datetime(2026, 1, 1)}, "time zone"),
        ({"type": "view", "visitor_id": V, "item_id": "i", "rating": float("nan")}, "JSON"),
    ],
)
def test_what_is_no_event_is_refused_before_it_is_accepted(about: Event, names: str) -> None:
    with Client("http://127.0.0.1:1") as client, pytest.raises(InvalidInput, match=names):
        client.record([about])


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(InvalidInput, match="localhost:8000"):
        Client("localhost:8000")


def test_what_is_no_key_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidInput, match="line break") as caught:
        Client("http://localhost:8000", api_key="sk_secret\n")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("failures", [1, 5000])
def test_pauses_grow_up_to_a_minute_besides_what_the_server_asks_for(failures: int) -> None:
    assert 0 <= backoff_s(0.5, failures, NoAnswer("")) <= min(2**failures, 60)
    busy = ApiError(429, "too_many", "", "", retry_after_s=7)
    assert 7 <= backoff_s(0.5, failures, busy) <= 67


def test_no_server_can_make_a_client_wait_for_ever(connected: Opener) -> None:
    with moody(problem(429, "too_many", Retry_After="9" * 400)) as server, pytest.raises(ApiError) as caught:
        connected(server.url).recommend(visitor_id=V)
    assert caught.value.retry_after_s == 3600


def test_the_key_is_shown_and_each_try_sends_the_same(connected: Opener) -> None:
    with moody(problem(503, "unavailable"), problem(429, "too_many", Retry_After="0"), stored) as server:
        client = connected(server.url, api_key="sk_1")
        event_id = client.record([{"type": "view", "visitor_id": V, "item_id": "i"}]).event_ids[0]
        assert len({asked.body for asked in server.asked}) == 1
        assert [asked.ids for asked in server.asked] == [[event_id]] * 3
        assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer sk_1"}


def test_what_the_server_asks_to_wait_is_not_waited_beyond_the_time_of_a_call(connected: Opener) -> None:
    with moody(problem(429, "too_many", Retry_After="30")) as server:
        with pytest.raises(ApiError, match="not now") as caught:
            connected(server.url).recommend(visitor_id=V)
        assert (caught.value.retry_after_s, caught.value.request_id, len(server.asked)) == (30, "r1", 1)


@pytest.mark.parametrize(
    ("status", "code", "times"),
    [(503, "unavailable", 3), (503, "not_fitted", 1), (401, "no_key", 1), (500, "failure", 1)],
)
def test_only_what_may_pass_is_tried_again(connected: Opener, status: int, code: str, times: int) -> None:
    with moody(problem(status, code)) as server:
        with pytest.raises(ApiError) as caught:
            connected(server.url).recommend(visitor_id=V)
        assert (caught.value.code, len(server.asked)) == (code, times)


def test_silence_is_given_up(connected: Opener) -> None:
    with moody(silent) as server, pytest.raises(NoAnswer, match=server.url):
        connected(server.url, timeout_s=0.2).recommend(visitor_id=V)


def test_nobody_there_is_said_to_be_so(connected: Opener) -> None:
    with pytest.raises(NoAnswer, match=r"http://127.0.0.1:1/? does not answer"):
        connected("http://127.0.0.1:1").recommend(visitor_id=V)


def test_an_address_where_something_else_lives_is_said_to_be_so(connected: Opener) -> None:
    with (
        moody(lambda _: (200, {}, "<h1>Welcome</h1>")) as server,
        pytest.raises(ApiError, match="is the address right"),
    ):
        connected(server.url).recommend(visitor_id=V)


def test_events_wait_until_the_server_is_back(connected: Opener) -> None:
    with moody(problem(503, "unavailable"), problem(401, "no_key"), stored) as server:
        client = connected(server.url, batch_events=2)
        told = [client.track("view", f"i{number}", visitor_id=V) for number in range(5)]
        while True:
            with suppress(ClientError):
                client.flush()
                break
        sent = [event_id for asked in server.asked if asked.status == 201 for event_id in asked.ids]
        assert (sorted(sent), connected.lost) == (sorted(told), [])


def test_events_are_sent_unasked_when_it_is_time(connected: Opener) -> None:
    with moody(stored) as server:
        client = connected(server.url, batch_s=0.01)
        told = client.track("view", "i1", visitor_id=V)
        server.answered.wait()
        assert server.asked[0].ids == [told]


def test_events_are_sent_unasked_when_there_are_enough(connected: Opener) -> None:
    with moody(stored) as server:
        client = connected(server.url, batch_events=3)
        told = [client.track("view", f"i{number}", visitor_id=V) for number in range(3)]
        server.answered.wait()
        assert server.asked[0].ids == told


def test_what_is_left_at_the_end_is_sent(connected: Opener) -> None:
    with moody(stored) as server:
        client = connected(server.url)
        told = client.track("view", "i1", visitor_id=V)
        client.close()
        assert [asked.ids for asked in server.asked] == [[told]]
        with pytest.raises(ClientError, match="closed"):
            client.track("view", "i1", visitor_id=V)


def test_what_is_left_at_the_end_and_cannot_be_sent_is_told(connected: Opener) -> None:
    client = connected("http://127.0.0.1:1")
    told = [client.track("view", f"i{number}", visitor_id=V) for number in range(3)]
    client.close()
    assert [event_id for event_id, _ in connected.lost] == told
    assert "could not be sent" in connected.lost[0][1]


def test_what_there_is_no_room_for_is_told(connected: Opener) -> None:
    with moody(problem(401, "no_key"), stored) as server:
        client = connected(server.url, buffer_events=2)
        kept = [client.track("view", "i1", visitor_id=V) for _ in range(2)]
        with pytest.raises(ApiError):
            client.flush()
        lost = client.track("view", "i1", visitor_id=V)
        ((event_id, why),) = connected.lost
        assert (event_id, "401 no_key" in why) == (lost, True)
        client.flush()
        assert server.asked[-1].ids == kept


def test_one_event_that_spoils_its_batch_is_found_and_told(connected: Opener) -> None:
    def picky(asked: Asked) -> Told | None:
        return (problem(422, "invalid_input") if "poison" in asked.body else stored)(asked)

    with moody(picky) as server:
        client = connected(server.url)
        told = {item: client.track("view", item, visitor_id=V) for item in ("a", "b", "poison", "d", "e")}
        client.flush()
        sent = [event_id for asked in server.asked if asked.status == 201 for event_id in asked.ids]
        assert sorted(sent) == sorted(event_id for item, event_id in told.items() if item != "poison")
        assert [event_id for event_id, _ in connected.lost] == [told["poison"]]


def test_the_end_of_a_program_sends_what_is_left() -> None:
    with moody(stored) as server:
        code = f"from shopkeeper.client import Client; Client({server.url!r}).view('i1', visitor_id='v')"
        subprocess.run([sys.executable, "-c", code], check=True)
        assert len(server.asked[0].ids) == 1


def test_the_end_of_an_event_loop_sends_what_is_left() -> None:
    async def tell(url: str) -> str:
        return AsyncClient(url, batch_s=99).view("i1", visitor_id=V)

    with moody(stored) as server:
        told = asyncio.run(tell(server.url))
        assert server.asked[0].ids == [told]


def test_of_what_many_threads_tell_nothing_is_lost_or_doubled() -> None:
    with moody(stored) as server, Client(server.url, batch_events=20, batch_s=0.001) as client:
        with ThreadPoolExecutor(4) as threads:
            told = list(threads.map(lambda number: client.view(f"i{number}", visitor_id=V), range(800)))
        client.close()
        assert sorted(event_id for asked in server.asked for event_id in asked.ids) == sorted(told)


PAIRS: list[tuple[type[BaseModel], type[BaseModel]]] = [
    (answers.Product, catalog.ProductModel),
    (answers.Variant, catalog.VariantModel),
    (answers.Stored, catalog.Stored),
    (answers.Receipt, events.Receipt),
    (answers.Merged, events.Merged),
    (answers.EventProblem, events.EventProblem),
    (answers.StoredEvent, events.EventOut),
    (answers.Recommendation, recommendations.Recommendation),
    (answers.RecommendedItem, recommendations.RecommendedItem),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_the_client_knows_the_fields_of_the_services(ours: type[BaseModel], theirs: type[BaseModel]) -> None:
    required = {name for name, field in theirs.model_fields.items() if field.is_required()}
    assert ours.model_fields.keys() <= theirs.model_fields.keys()
    assert {name for name, field in ours.model_fields.items() if field.is_required()} <= required


def test_the_client_knows_what_can_be_told_and_wished_for() -> None:
    assert Event.__annotations__.keys() == events.EventIn.model_fields.keys()
    assert get_args(EventKind) == get_args(events.EventKind)
    assert Wish.__annotations__.keys() == recommendations.RecommendRequest.model_fields.keys()


def test_the_code_of_the_guide_runs(shop_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "how-to" / "call-from-python.md").read_text()
    for code in re.findall(r"```python\n(.*?)```", guide, re.DOTALL):
        exec(compile(code.replace("http://localhost:8000", shop_url), "call-from-python.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[8] == "Hanging heart 1"
    assert lines[-1].startswith("404 not_found")
