"""A running shop under load: lists for people, events that come in, and what memory it takes.

wrk (a package of Debian) on one core asks a `shopkeeper serve` on the other. The shop has 100,000 products and a
million users, a model of 64 factors over all of them, and people with some thirty events each; everything is as durable
as it is for a customer.

    .venv/bin/python -m benchmarks.speed.serving
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter, sleep

import httpx
import numpy as np

from benchmarks.record import Row, write
from benchmarks.speed.serving_peers import PORT
from benchmarks.speed.synthetic import ratings, shop
from shopkeeper import models
from shopkeeper.app.stores import open_shop
from shopkeeper.data.catalog import Product
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.clock import utc_now
from shopkeeper.kit.money import Money
from shopkeeper.ports import SavedModel

COMMAND = "python -m benchmarks.speed.serving"
N_USERS, N_ITEMS, FACTORS, N_ACTIVE, N_EVENTS = 1_000_000, 100_000, 64, 2_000, 30
SCRIPTS: Mapping[str, str] = {
    # A person of those with a history, each time another.
    "personal": """
        request = function()
            return wrk.format("GET", "/v1/recommendations?n=20&user_id=" .. math.random(0, ACTIVE - 1))
        end""",
    "unknown": """
        request = function() return wrk.format("GET", "/v1/recommendations?n=20&visitor_id=nobody") end""",
    "nobody": """
        local headers = {["Content-Type"] = "application/json"}
        request = function() return wrk.format("POST", "/v1/recommendations", headers, '{"n":20}') end""",
    "single": """
        local headers = {["Content-Type"] = "application/json"}
        local thread, count = 0, 0
        function setup(t) t:set("id", thread); thread = thread + 1 end
        request = function()
            count = count + 1
            local body = string.format('{"events":[{"type":"view","event_id":"%d-%d-%d","visitor_id":"v%d",' ..
                '"item_id":"%d"}]}', STAMP, id, count, math.random(0, 99999), math.random(0, 99999))
            return wrk.format("POST", "/v1/events", headers, body)
        end""",
    "batch": """
        local headers = {["Content-Type"] = "application/json"}
        local thread, count = 0, 0
        function setup(t) t:set("id", thread); thread = thread + 1 end
        request = function()
            local events = {}
            for i = 1, 50 do
                count = count + 1
                events[i] = string.format('{"type":"view","event_id":"%d-%d-%d","visitor_id":"v%d","item_id":"%d"}',
                    STAMP, id, count, math.random(0, 99999), math.random(0, 99999))
            end
            return wrk.format("POST", "/v1/events", headers, '{"events":[' .. table.concat(events, ",") .. ']}')
        end""",
}


def make(store: Path, share: float = 1.0) -> None:
    """Write the catalogue, what active people did, and the fitted models, with a share of the users and products."""
    n_users, n_items = int(share * N_USERS), int(share * N_ITEMS)
    data = shop(ratings(n_users, n_items, 10 * n_users))
    with_shop = open_shop(store)
    with_shop.catalog.upsert(
        Product(
            item_id=item_id, title=f"Product {item_id}", brand=f"Brand {number % 500}", price=Money(100 + number, "EUR")
        )
        for number, item_id in enumerate(data.items)
    )
    rng, now = np.random.default_rng(0), utc_now()
    for user in range(N_ACTIVE):
        own = rng.choice(data.histories.items_of(user), N_EVENTS)
        with_shop.live.append(
            [
                Event(
                    event_id=f"{user}-{place}",
                    type=EventType.VIEW,
                    at=now - timedelta(minutes=place),
                    visitor_id=data.users[user],
                    user_id=data.users[user],
                    item_id=data.items[int(item)],
                )
                for place, item in enumerate(own)
            ]
        )
    for name, options in (("als", {"factors": FACTORS, "epochs": 3}), ("popularity", {})):
        scorer = models.create(name, options).fit(data)
        with_shop.models.save(SavedModel(scorer, data.users, data.items, f"{name}-1", now, data.fingerprint(), {}))
    with_shop.close()


@contextmanager
def serving(store: Path) -> Iterator[tuple[str, int, float]]:
    """Run the server on the first core until it is ready; return its address, its process and the seconds it took."""
    command = ["taskset", "-c", "0", sys.executable, "-c", "from shopkeeper.cli import main; main()", "serve"]
    given = os.environ | {"SHOPKEEPER_MODEL": "als", "SHOPKEEPER_PORT": "8790", "SHOPKEEPER_STORE": str(store)}
    start = perf_counter()
    with subprocess.Popen(command, env=given, stdout=subprocess.DEVNULL) as process:
        try:
            address = "http://127.0.0.1:8790"
            until_ready(f"{address}/health/ready")
            yield address, process.pid, perf_counter() - start
        finally:
            process.terminate()


def until_ready(url: str) -> None:
    """Wait for an answer."""
    while True:
        try:
            if httpx.get(url, timeout=30).is_success:
                return
        except httpx.HTTPError:
            sleep(0.02)


def load(address: str, script: str, connections: int, seconds: int, pause_ms: int = 0) -> dict[str, float]:
    """Ask as fast as the connections allow, or with a pause after each answer; return the rate and milliseconds."""
    given = f"ACTIVE, STAMP = {N_ACTIVE}, {int(perf_counter() * 1e6)}\n"
    wait = f"function delay() return {pause_ms} end\n" if pause_ms else ""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(given + wait + SCRIPTS[script])
        file.flush()
        asked = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", file.name]
        told = subprocess.run([*asked, address], capture_output=True, text=True, check=True).stdout
    if trouble := re.findall(r"Non-2xx.*|Socket errors.*", told):
        print(script, *trouble)
    unit = {"us": 1e-3, "ms": 1.0, "s": 1e3}
    found = {
        f"p{share}": float(number) * unit[of]
        for share, number, of in re.findall(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s)$", told, re.MULTILINE)
    }
    return found | {"rate": float(re.findall(r"Requests/sec:\s+([\d.]+)", told)[0])}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=10, help="of each load")
    parser.add_argument("--store", type=Path, help="keep the shop here, and use it again")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = args.store or Path(folder)
        if not (store / "models").exists():
            make(store)
        note = Notes()
        with serving(store) as (address, pid, seconds):
            note("seconds until it is ready", seconds, at_most=3.0)
            note("MB then", resident_mb(pid), at_most=860.0)
            load(address, "personal", 4, 3)
            calm = load(address, "personal", 8, args.seconds, pause_ms=40)
            note("personal lists, about 200 a second: p50, ms", calm["p50"], at_most=2.0)
            note("personal lists, about 200 a second: p99, ms", calm["p99"], at_most=8.0)
            personal = load(address, "personal", 16, args.seconds)["rate"]
            popular = load(address, "nobody", 16, args.seconds)["rate"]
            note("lists a second for strangers", load(address, "unknown", 16, args.seconds)["rate"])
            single = load(address, "single", 32, args.seconds)["rate"]
            batches = 50 * load(address, "batch", 8, args.seconds)["rate"]
            note("p99 until an event changes the answer, ms", event_to_answer(address), at_most=50.0)
            note("MB after that", resident_mb(pid), at_most=860.0)
        # Each beside what its greatest part reaches alone on this core, today.
        note("personal lists a second", personal, at_least=900.0, peer="numpy, scores alone", beside=alone("numpy"))
        note("popular lists a second", popular, at_least=10_000.0, peer="FastAPI, a tiny answer", beside=tiny())
        for metric, rate, aim, name in (
            ("single events a second, 32 connections", single, 3000.0, "sqlite"),
            ("events a second in batches of 50", batches, 30_000.0, "sqlite-50"),
        ):
            note(metric, rate, at_least=aim, peer="SQLite alone, one caller", beside=alone(name))
    print(write("serving", "serving", note.rows + grown()))


def alone(name: str) -> float:
    """Return what one of the peers reaches on the core of the server."""
    command = ["taskset", "-c", "0", sys.executable, "-m", "benchmarks.speed.serving_peers", name]
    one_thread = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return float(subprocess.run(command, env=one_thread, capture_output=True, text=True, check=True).stdout)


def tiny() -> float:
    """Return how many tiny answers a second FastAPI gives on the core of the server."""
    command = ["taskset", "-c", "0", sys.executable, "-m", "benchmarks.speed.serving_peers", "fastapi"]
    address = f"http://127.0.0.1:{PORT}"
    with subprocess.Popen(command) as process:
        try:
            until_ready(address)
            asked = ["taskset", "-c", "1", "wrk", "-t1", "-c16", "-d5s", address]
            told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        finally:
            process.terminate()
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", told)[0])


def grown() -> list[Row]:
    """Return what it takes to open a shop of a tenth of the size, to see how that grows."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), 0.1)
        with serving(Path(folder)) as (_, pid, seconds):
            note = Notes("serving 100,000 users, 10,000 products")
            note("seconds until it is ready", seconds)
            note("MB then", resident_mb(pid))
    return note.rows


class Notes:
    """Figures as they come, with what they should reach."""

    def __init__(self, about: str = "serving 1,000,000 users, 100,000 products") -> None:
        self.about, self.rows = about, list[Row]()

    def __call__(
        self,
        metric: str,
        value: float,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        peer: str | None = None,
        beside: float | None = None,
    ) -> None:
        """Print a figure and keep it, with what a peer reached."""
        aim = at_most if at_least is None else at_least
        good = value >= at_least if at_least is not None else aim is None or value <= aim
        print(
            f"{metric}: {value:,.2f}"
            + (f", to reach {aim:,.0f}{'' if good else '  MISSED'}" if aim else "")
            + (f" ({value / beside:.2f} x {peer})" if beside else ""),
            flush=True,
        )
        row = Row(row=self.about, metric=metric, value=value, reach=aim, command=COMMAND, peer=peer, peer_value=beside)
        self.rows.append(row)


def resident_mb(pid: int) -> float:
    """Return the memory that a process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def event_to_answer(address: str, times: int = 50) -> float:
    """Return the 99th percentile of the time from the acknowledgement of an event to an answer that knows it."""
    took = []
    with httpx.Client(base_url=address) as http:
        for turn in range(times):
            event = {"type": "view", "visitor_id": f"new {turn}", "item_id": str(turn)}
            http.post("/v1/events", json={"events": [event]}).raise_for_status()
            start = perf_counter()
            while True:
                answer = http.get("/v1/recommendations", params={"visitor_id": f"new {turn}", "n": 5})
                if json.loads(answer.content)["reason"] == "personal":
                    break
            took.append((perf_counter() - start) * 1e3)
    return float(np.quantile(took, 0.99))


if __name__ == "__main__":
    main()
