"""A ledger that is killed under load: no code used twice, nothing acknowledged lost, no budget overspent.

Many clients redeem a thousand single-use codes again and again, each call with an order and an Idempotency-Key of its
own, at one `shopkeeper serve coupons` over SQLite, or at two over PostgreSQL, which are killed (SIGKILL) at random
moments. What is not answered is asked again with its key until it is; what was answered is asked again too, and must be
the same to the last byte. The budget is enough for four codes of five.

    .venv/bin/python -m benchmarks.reliability.coupons
"""

import argparse
import json
import os
import socket
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from random import Random
from time import perf_counter, sleep

import httpx
from pydantic import SecretStr

from benchmarks.record import Row, write
from benchmarks.reliability.kills import Victim
from shopkeeper.app.stores import open_shop
from shopkeeper.kit.errors import ShopkeeperError
from tests.postgres import running

COMMAND = "python -m benchmarks.reliability.coupons"
CALLS, CODES, CLIENTS, KILLS, OFF_MINOR = 100_000, 1000, 64, 20, 100
CAMPAIGN = {
    "campaign_id": "spring",
    "currency": "EUR",
    "offers": [{"offer_id": "one", "kind": "amount", "amount_minor": OFF_MINOR}],
    "starts_at": "2020-01-01T00:00:00Z",
    "ends_at": "2120-01-01T00:00:00Z",
}
CART = {"currency": "EUR", "lines": [{"item_id": "tea", "unit_minor": 150}]}
_HEADERS = {"Content-Type": "application/json"}


@dataclass(slots=True)
class Report:
    """What came of it."""

    kills: int
    calls: int
    unanswered: int
    """Because the server was killed or not there yet."""
    redeemed: int
    doubled: int
    """Codes that were used more than once."""
    lost: int
    """Acknowledged redemptions that are not in the ledger."""
    overshoot_minor: int
    replayed: int
    changed: int
    """Answers that were another when they were asked for again."""
    unbalanced: int
    """Whether the ledger's sums are not those of the budget."""


@dataclass
class Load:
    """What is asked, and what was answered first."""

    ports: list[int]
    codes: list[str]
    calls: int
    seed: int
    answers: dict[str, bytes] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    replayed: "count[int]" = field(default_factory=count)
    unanswered: "count[int]" = field(default_factory=count)
    ended: threading.Event = field(default_factory=threading.Event)
    _numbers: "count[int]" = field(default_factory=count)

    def send(self, place: int) -> None:
        """Redeem until all calls are made; ask for some earlier answers again."""
        rng = Random(f"{self.seed} {place}")  # noqa: S311 - a play of chance that can be repeated, no secret
        own: list[str] = []
        for number in self._numbers:
            if number >= self.calls:
                self.ended.set()
                _hang_up()
                return
            key = f"k{number}"
            body = {"order_id": f"o{number}", "codes": [rng.choice(self.codes)], "cart": CART}
            self.bodies[key] = json.dumps(body).encode()
            self.answers[key] = self.ask(key, rng)
            own.append(key)
            if rng.random() < 0.05:
                self.again(rng.choice(own), rng)

    def again(self, key: str, rng: Random) -> None:
        """Ask once more, and compare."""
        next(self.replayed)
        if self.ask(key, rng) != self.answers[key]:
            self.changed.add(key)

    def ask(self, key: str, rng: Random) -> bytes:
        """Return the answer, asking until there is one."""
        while True:
            try:
                connection = _connection(rng.choice(self.ports))
                connection.request("POST", "/v1/coupons/redeem", self.bodies[key], _HEADERS | {"Idempotency-Key": key})
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, HTTPException):
                next(self.unanswered)
                _hang_up()
                sleep(0.2)
                continue
            if answer.status == 200:
                return body
            if answer.status not in (409, 503):
                raise RuntimeError(f"{answer.status}: {body.decode()}")
            sleep(0.05)


_connections = threading.local()


def _connection(port: int) -> HTTPConnection:
    """Return this thread's connection to a server."""
    name = f"to_{port}"
    if name not in _connections.__dict__:
        setattr(_connections, name, HTTPConnection("127.0.0.1", port, timeout=30))
    connection: HTTPConnection = getattr(_connections, name)
    return connection


def _hang_up() -> None:
    """Close this thread's connections."""
    for connection in _connections.__dict__.values():
        connection.close()
    _connections.__dict__.clear()


def attack(store: Path, calls: int, kills: int, seed: int, *, url: str | None = None, servers: int = 1) -> Report:
    """Have codes redeemed while servers are killed; look at the ledger then."""
    with closing(open_shop(store, SecretStr(url) if url else None)):  # makes it
        pass
    os.environ["SHOPKEEPER_DATABASE_URL"] = url or ""
    ports = [_free() for _ in range(servers)]
    victims = [
        Victim(
            ("serve", "coupons", "--port", str(port), "--store", str(store)),
            "is open",
            2.0,
            Random(seed + port),  # noqa: S311 - as above
        )
        for port in ports
    ]
    try:
        for victim in victims:
            victim.start()
        load = Load(ports, _codes(ports[0]), calls, seed)
        with ThreadPoolExecutor(CLIENTS + servers) as pool:
            ended = [pool.submit(load.send, place) for place in range(CLIENTS)]
            killing = [pool.submit(_kill, victim, load, kills // servers) for victim in victims]
            for one in ended + killing:
                one.result()
        # All that was redeemed, and some of what was refused, once more, after the last kill.
        rng = Random(seed)  # noqa: S311 - as above
        for key in load.answers:
            if b'"redeemed"' in load.answers[key] or rng.random() < 0.02:
                load.again(key, rng)
    finally:
        _hang_up()
        for victim in victims:
            victim.kill()
        os.environ.pop("SHOPKEEPER_DATABASE_URL", None)
    return _judged(store, url, load, sum(victim.kills for victim in victims))


def _kill(victim: Victim, load: Load, times: int) -> None:
    """Kill a server so often, spread over all calls."""
    for turn in range(times):
        while not load.ended.is_set() and len(load.answers) < load.calls * (turn + 0.5) / times:
            load.ended.wait(0.02)
        victim.suffer(victim.kills + 1, threading.Event())


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _codes(port: int) -> list[str]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        made = CAMPAIGN | {"budget_minor": OFF_MINOR * CODES * 4 // 5 + OFF_MINOR // 2}
        http.post("/v1/coupons/campaigns", json=made).raise_for_status()
        wish = {"campaign_id": "spring", "offer_id": "one", "count": CODES}
        told = http.post("/v1/coupons/issue", json=wish).raise_for_status().json()
    return [one["code"] for one in told["coupons"]]


def _judged(store: Path, url: str | None, load: Load, kills: int) -> Report:
    with closing(open_shop(store, SecretStr(url) if url else None)) as shop:
        ((_, budget),) = shop.coupons.campaigns()
        entries = shop.coupons.entries(limit=10_000_000)
    used = Counter(entry.coupon_id for entry in entries if entry.step == "redeemed")
    in_ledger = {(entry.order_id, entry.coupon_id) for entry in entries if entry.step == "redeemed"}
    told = [json.loads(answer) for answer in load.answers.values()]
    acknowledged = {(one["order_id"], one["lines"][0]["coupon_id"]) for one in told if one["state"] == "redeemed"}
    spent = sum(entry.spent_minor for entry in entries)
    return Report(
        kills=kills,
        calls=len(load.answers),
        unanswered=next(load.unanswered),
        redeemed=len(in_ledger),
        doubled=sum(n > 1 for n in used.values()),
        lost=len(acknowledged - in_ledger),
        overshoot_minor=max(0, spent - budget.budget_minor),
        replayed=next(load.replayed),
        changed=len(load.changed),
        unbalanced=int((spent, 0) != (budget.spent_minor, budget.reserved_minor)),
    )


@contextmanager
def _database(kind: str) -> Iterator[str | None]:
    if kind == "SQLite":
        yield None
        return
    with running() as server:
        yield server.new_database()


def main() -> None:
    """Attack both databases, print what came of it, and write it down."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("SQLite", "PostgreSQL"), help="one database, and nothing written down")
    given = parser.parse_args()
    rows: list[Row] = []
    for kind, servers in (("SQLite", 1), ("PostgreSQL", 2)):
        if given.only not in (None, kind):
            continue
        start = perf_counter()
        with tempfile.TemporaryDirectory() as folder, _database(kind) as url:
            report = attack(Path(folder), given.calls, given.kills, given.seed, url=url, servers=servers)
        seconds = perf_counter() - start
        print(kind, report, f"{seconds:.0f} s", flush=True)
        figures: dict[str, tuple[float, float | None]] = {
            "codes redeemed twice": (report.doubled, 0),
            "acknowledged redemptions that are lost": (report.lost, 0),
            "budget overspent, minor units": (report.overshoot_minor, 0),
            "answers that changed when asked for again": (report.changed, 0),
            "ledgers that do not add up to their budget": (report.unbalanced, 0),
            "answers asked for again": (report.replayed, None),
            "calls that a kill left unanswered": (report.unanswered, None),
        }
        what = f"{given.calls:,} redeem calls on {CODES:,} codes, {CLIENTS} clients, {report.kills} kills, {kind}"
        rows += [
            Row(
                row=what, metric=metric, value=value, reach=reach, command=COMMAND, seeds=(given.seed,), seconds=seconds
            )
            for metric, (value, reach) in figures.items()
        ]
    if (given.calls, given.kills, given.only) == (CALLS, KILLS, None):
        print(write("coupons/ledger", "kills", rows))


if __name__ == "__main__":
    try:
        main()
    except ShopkeeperError as error:
        raise SystemExit(str(error)) from error
