"""Real processes: one for everything, and one for each service with a gateway before them."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from shopkeeper import models
from shopkeeper.app.stores import open_shop
from shopkeeper.kit.clock import utc_now
from shopkeeper.services.recommendations.jobs import Publisher, training_data
from tests.e2e.conftest import FITTED_AT, fill

pytestmark = pytest.mark.e2e

PARTS = ("events", "catalog", "recommendations", "models", "insights", "predictions", "coupons", "people")
COMMAND = (sys.executable, "-c", "from shopkeeper.cli import main; main()", "serve")
TAKEN = {"type": "purchase", "user_id": "new", "item_id": "p1", "at": FITTED_AT.isoformat()}
NAMED = TAKEN | {"event_id": "1", "item_id": "p2", "price_minor": 250, "currency": "GBP"}
CAMPAIGN = {
    "campaign_id": "tea",
    "currency": "GBP",
    "offers": [{"offer_id": "tenth", "kind": "percent", "percent_bp": 1000}],
    "starts_at": "2024-01-01T00:00:00Z",
    "ends_at": "2100-01-01T00:00:00Z",
    "budget_minor": 10_000,
}
CART = {"currency": "GBP", "lines": [{"item_id": "p1", "unit_minor": 250}]}
REQUESTS: list[tuple[str, str, object]] = [
    ("POST", "/v1/events", {"events": [NAMED, TAKEN]}),
    ("POST", "/v1/events", {"events": [NAMED, TAKEN]}),
    ("POST", "/v1/events", {"events": [TAKEN | {"type": "vieww"}]}),
    ("POST", "/v1/events", {"events": [TAKEN | {"at": "2999-01-01T00:00:00Z"}]}),
    ("GET", "/v1/history?user_id=new", None),
    ("GET", "/v1/history?user_id=c0&limit=2&types=purchase", None),
    ("GET", "/v1/history?user_id=c0&limit=0", None),
    ("GET", "/v1/shoppers?limit=5", None),
    ("PUT", "/v1/products", {"products": [{"item_id": "a/1 ä", "title": "Mug"}]}),
    ("PUT", "/v1/products", {"products": [{"item_id": "b", "title": "Mug", "price_minor": 1}]}),
    ("GET", "/v1/products/a%2F1%20%C3%A4", None),
    ("GET", "/v1/products/none", None),
    ("GET", "/v1/products?q=tea", None),
    ("GET", "/v1/products?item_id=p1&item_id=none", None),
    ("GET", "/v1/recommendations?user_id=c0", None),
    ("GET", "/v1/recommendations?user_id=c1&n=3&exclude_seen=false", None),
    ("GET", "/v1/recommendations?visitor_id=new", None),
    ("GET", "/v1/recommendations?visitor_id=nobody&model=popularity", None),
    ("GET", "/v1/recommendations?user_id=c0&model=svd", None),
    ("GET", "/v1/recommendations?user_id=c0&model=user_nn", None),
    ("GET", "/v1/recommendations?user_id=c0&n=0", None),
    ("GET", "/v1/recommendations", None),
    ("GET", "/v1/models", None),
    ("GET", "/v1/insights/funnel?steps=view,purchase", None),
    ("GET", "/v1/insights/rfm?since=2024-01-02&until=2024-01-01", None),
    ("GET", "/v1/predictions", None),
    ("POST", "/v1/predictions/churn", {"shopper_ids": ["c0"]}),
    ("POST", "/v1/predictions/chrun", {"shopper_ids": ["c0"]}),
    ("POST", "/v1/coupons/campaigns", CAMPAIGN),
    ("GET", "/v1/coupons/campaigns/tea/report", None),
    ("GET", "/v1/coupons/campaigns/coffee", None),
    ("POST", "/v1/coupons/validate", {"codes": ["none"], "cart": CART}),
    ("POST", "/v1/coupons/redeem", {"order_id": "1", "codes": ["none"]}),
    ("GET", "/v1/privacy", None),
    ("POST", "/v1/people/c9/consent", {"granted": False, "at": FITTED_AT.isoformat(), "purposes": ["coupons"]}),
    ("POST", "/v1/people/c9/consent", {"granted": True, "policy": "none"}),
    ("POST", "/v1/people/c9/less-like-this", {"item_id": "p1"}),
    ("POST", "/v1/people/standings", {"people": [["c9"], ["c8", "nobody"]]}),
    ("POST", "/v1/consent", {"granted": False, "visitor_id": "nobody"}),
    ("GET", "/v1/models/svd", None),
    ("POST", "/v1/models/user_knn/score", {"histories": [["p1", {"item_id": "p2"}], []]}),
    ("POST", "/v1/models/user_knn/score", {"histories": [["p1"]], "items": ["p3", "none"], "version": "1"}),
    ("POST", "/v1/models/user_knn/score", {"histories": [[7]]}),
    ("POST", "/v1/models/user_knn/embed", {"items": ["p1"]}),
    ("DELETE", "/v1/events", None),
    ("GET", "/nowhere", None),
    ("GET", "/health/ready", None),
    ("GET", "/openapi.json", None),
    ("GET", "/", None),
    ("GET", "/shopkeeper.js", None),
]


class House:
    """Processes that serve one store, by what each serves."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self.ports = {part: free_port() for part in (*PARTS, "gateway", "shop")}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def url(self, part: str) -> str:
        return f"http://127.0.0.1:{self.ports[part]}"

    def start(self, *parts: str) -> None:
        """Start what is missing, and wait until all of it answers."""
        addresses = [f"SHOPKEEPER_{part.upper()}_URL={self.url(part)}" for part in PARTS]
        for part in parts:
            which = ["env", *addresses, *COMMAND, part] if part != "shop" else COMMAND
            options = ["--store", str(self.store), "--port", str(self.ports[part])]
            self.processes[part] = subprocess.Popen([*which, *options], stdout=subprocess.DEVNULL)
        for part in parts:
            while not answers(self.url(part)):
                assert self.processes[part].poll() is None, f"{part} has ended"
                time.sleep(0.05)

    def kill(self, part: str) -> None:
        process = self.processes.pop(part)
        process.kill()
        process.wait()

    def close(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live").is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("apart")
    fill(folder / "store")
    with closing(House(folder / "store")) as house:
        house.start(*PARTS, "gateway")
        yield house


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("whole")
    fill(folder / "store")
    with closing(House(folder / "store")) as house:
        house.start("shop")
        yield house


def asked(url: str) -> list[tuple[int, str, object]]:
    """Return all answers but the ids that are made for each."""
    told = []
    with httpx.Client(base_url=url) as http:
        for method, path, body in REQUESTS:
            answer = http.request(method, path, json=body)
            content: object = answer.text
            if "json" in answer.headers.get("content-type", ""):
                fields = answer.json()
                content = {
                    name: fields[name]
                    for name in fields.keys() - {"recommendation_id", "request_id", "took_ms", "info", "answers"}
                }
            told.append((answer.status_code, answer.headers.get("content-type", ""), content))
    return told


def test_apart_answers_as_one_process_does(house: House, whole: House) -> None:
    together, apart = asked(whole.url("shop")), asked(house.url("gateway"))
    for request, one, other in zip(REQUESTS, together, apart, strict=True):
        assert (request, one) == (request, other)
    # 503: no prediction was learned.
    assert {status for status, _, _ in together} == {200, 201, 204, 404, 405, 422, 503}


def test_who_is_gone_is_named_and_back_when_it_is_back(house: House) -> None:
    paths = {
        "events": "/v1/shoppers",
        "catalog": "/v1/products?q=tea",
        "recommendations": "/v1/recommendations?user_id=c0",
        "models": "/v1/models",
        "insights": "/v1/insights/funnel?steps=view,purchase",
        "predictions": "/v1/predictions",
        "coupons": "/v1/coupons/campaigns",
        "people": "/v1/privacy",
    }
    with httpx.Client(base_url=house.url("gateway")) as http:

        def ask(path: str) -> tuple[int, dict[str, object]]:
            answer = http.get(path)
            made = ("recommendation_id", "request_id", "took_ms")
            return answer.status_code, {name: value for name, value in answer.json().items() if name not in made}

        before = {part: ask(path) for part, path in paths.items()}
        for gone, part in enumerate(PARTS):
            house.kill(part)
            status, told = ask(paths[part])
            assert (status, told["code"]) == (503, "unavailable")
            assert str(told["detail"]).startswith(f"The {part} service at {house.url(part)}")
            assert f"{part}: " in str(ask("/health/ready")[1]["detail"])
            if gone < 2:
                status, told = ask(paths["recommendations"])
                # Without events everybody is a stranger; without the catalogue ids stand in for titles.
                assert (status, told["reason"]) == (200, "popular")
        house.start(*PARTS)
        assert {part: ask(path) for part, path in paths.items()} == before


def test_a_new_model_is_taken_up_without_dropping_a_request(whole: House) -> None:
    url, told, stop = whole.url("shop"), list[httpx.Response](), threading.Event()

    def ask_on() -> None:
        with httpx.Client(base_url=url) as http:
            while not stop.is_set():
                told.extend(http.get("/v1/recommendations", params={"user_id": who}) for who in ("c0", "nobody"))

    asking = threading.Thread(target=ask_on)
    asking.start()
    try:
        with closing(open_shop(whole.store)) as shop:
            # A product that the old version has never heard of: nothing of the two may be mixed.
            new = [{"type": "view", "user_id": f"c{number}", "item_id": "p-new"} for number in range(20)]
            httpx.post(f"{url}/v1/events", json={"events": new}).raise_for_status()
            scorers = [models.create(name) for name in ("user_knn", "popularity")]
            data = training_data(shop.events, shop.catalog)
            publisher = Publisher(shop.models, shop.checkpoints, utc_now)
            publisher.publish(scorers, data, check=False, progress_of=lambda _: lambda _: None)
            version = shop.models.current("user_knn")
        after = httpx.get(f"{url}/v1/recommendations", params={"user_id": "nobody"}).json()
    finally:
        stop.set()
        asking.join()
    assert (after["model_version"], len(after["items"])) == (version, 10)
    assert {answer.status_code for answer in told} == {200}
    assert {len(answer.json()["items"]) for answer in told} == {10}


def test_the_worker_ends_when_it_is_asked_to(whole: House) -> None:
    command = [*COMMAND[:-1], "worker", "--store", str(whole.store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        assert "at work" in worker.stdout.readline()
        worker.terminate()
        worker.communicate()
    assert worker.returncode == 0
