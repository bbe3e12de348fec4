"""A shop that is killed under load: what was acknowledged is stored, all of it once, and no batch by half.

`shopkeeper serve events` and `shopkeeper worker` are at work in one store, and each is killed (SIGKILL) at a random
moment after it came up, again and again. Several connections post single events and batches, with ids and without; what
is not answered is sent again or given up, and some of what is answered is sent again too. Meanwhile the worker imports
files: with events of their own, with events that were posted before, and with events that are just being posted.

    .venv/bin/python -m benchmarks.reliability.kills
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from time import perf_counter, sleep

import httpx

from benchmarks.record import Row, write
from shopkeeper.app.stores import open_shop
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.clock import utc_now

COMMAND = "python -m benchmarks.reliability.kills"
KILLS, CONNECTIONS = 200, 6
BATCH, IN_FILE = 50, 400
"""Events of a batch, and of a file."""
_PROGRAM = (sys.executable, "-c", "from shopkeeper.cli import main; main()")


@dataclass(slots=True)
class Report:
    """What came of it."""

    kills: int = 0
    worker_kills: int = 0
    files: int = 0
    """That were dropped into the inbox."""
    imported: int = 0
    """Events that came from them."""
    acknowledged: int = 0
    unanswered: int = 0
    """Requests, because the server was killed or not there yet."""
    missing: int = 0
    doubled: int = 0
    halved: int = 0
    """Batches that were given up, of which a part is stored and a part is not."""


@dataclass
class Load:
    """What is sent, and what became of it; each sender has a thread and a connection of its own."""

    url: str
    inbox: Path
    seed: int
    acknowledged: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    given_up: list[Sequence[str]] = field(default_factory=list)
    unanswered: list[int] = field(default_factory=list)
    """The size of each request that was not answered."""
    files: int = 0
    shared: list[list[Event]] = field(default_factory=list)
    """Batches that are in a file, and posted too."""
    ended: threading.Event = field(default_factory=threading.Event)
    _numbers: "count[int]" = field(default_factory=count)

    def events(self, n: int, rng: Random) -> list[Event]:
        """Make new events; some have an id of their own, the others the one that their content gives them."""
        made = []
        for number in (next(self._numbers) for _ in range(n)):
            visitor = f"v{rng.randrange(1000)}"
            at = utc_now() - timedelta(microseconds=number)
            event = Event(event_id=f"n{number}", type=EventType.VIEW, at=at, visitor_id=visitor, item_id=f"i{number}")
            made.append(event if rng.random() < 0.5 else event.identified())
        self.made.update(event.event_id for event in made)
        return made

    def send(self, place: int) -> None:
        """Post until the end; the last batch too is sent until it is answered, or given up."""
        rng = Random(f"{self.seed} {place}")  # noqa: S311 - a play of chance that can be repeated, no secret
        with httpx.Client(base_url=self.url, timeout=10) as http:
            while not self.ended.is_set():
                size = 1 if place % 2 else BATCH
                batch = self.shared.pop() if size > 1 and self.shared else self.events(size, rng)
                for _ in range(2 if rng.random() < 0.1 else 1):
                    self._post(http, batch, rng)

    def _post(self, http: httpx.Client, batch: Sequence[Event], rng: Random) -> None:
        ids, body = [event.event_id for event in batch], {"events": [_told(event) for event in batch]}
        while True:
            try:
                answer = http.post("/v1/events", json=body)
            except httpx.TransportError:
                self.unanswered.append(len(ids))
                if rng.random() < 0.02:
                    self.given_up.append(ids)
                    return
                sleep(0.2)
                continue
            receipt = answer.raise_for_status().json()
            if receipt["event_ids"] != ids or receipt["accepted"] + receipt["duplicates"] != len(ids):
                raise RuntimeError(f"a receipt of something else: {receipt}")
            self.acknowledged.update(ids)
            return

    def drop(self) -> None:
        """Put one file after the other into the inbox: each as soon as the one before it is gone."""
        rng = Random(f"{self.seed} files")  # noqa: S311 - as above
        for number in count():
            while any(self.inbox.glob("*.jsonl")):
                if self.ended.wait(0.02):
                    return
            posted = [self.events(BATCH, rng) for _ in range(2)]
            with httpx.Client(base_url=self.url, timeout=10) as http:
                self._post(http, posted[0], rng)
            events = [*self.events(IN_FILE - 2 * BATCH, rng), *posted[0], *posted[1]]
            file = self.inbox / f".{number}.jsonl"
            file.write_text("".join(_line(event) for event in rng.sample(events, len(events))))
            long_ago = file.stat().st_mtime - 60  # else the worker waits until it is written
            os.utime(file, (long_ago, long_ago))
            file.rename(self.inbox / file.name[1:])
            self.files += 1
            self.shared.append(posted[1])


def _told(event: Event) -> dict[str, str | None]:
    told = {"type": event.type.label, "at": event.at.isoformat(), "visitor_id": event.visitor_id}
    named = {"event_id": event.event_id} if event.event_id.startswith("n") else {}
    return told | {"item_id": event.item_id} | named


def _line(event: Event) -> str:
    return json.dumps(_told(event)) + "\n"


@dataclass
class Victim:
    """A process that is killed some time after it came up, and started again."""

    arguments: Sequence[str]
    sign: str
    """What it prints when it is up."""
    within_s: float
    """It is killed so many seconds after that, at most."""
    rng: Random
    kills: int = 0
    _process: "subprocess.Popen[str] | None" = None

    def start(self) -> None:
        """Start it and wait until it is up."""
        quick = {"SHOPKEEPER_LOOK_S": "0.05", "SHOPKEEPER_MODEL": "popularity", "PYTHONUNBUFFERED": "1"}
        command = [*_PROGRAM, *self.arguments]
        self._process = subprocess.Popen(command, env=os.environ | quick, stdout=subprocess.PIPE, text=True)
        for line in self._process.stdout or ():
            if self.sign in line:
                return
        raise RuntimeError(f"{self.arguments} ended instead of coming up")

    def kill(self) -> None:
        """Kill it as the system does that is out of memory."""
        if self._process:
            with self._process:
                self._process.kill()

    def suffer(self, times: int | None, ended: threading.Event) -> None:
        """Be killed so often, or until the end."""
        while not ended.is_set() and (times is None or self.kills < times):
            ended.wait(self.rng.uniform(0, self.within_s))
            self.kill()
            self.kills += 1
            self.start()


def attack(store: Path, kills: int, seed: int, *, within_s: float = 1.0) -> Report:
    """Kill the server so often, and the worker meanwhile; look at what is stored then."""
    with closing(open_shop(store)):  # makes it
        (store / "inbox").mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    load = Load(f"http://127.0.0.1:{port}", store / "inbox", seed)
    where = ("--store", str(store))
    rng = Random(seed)  # noqa: S311 - a play of chance that can be repeated, no secret
    server = Victim(("serve", "events", "--port", str(port), *where), "is open", within_s, rng)
    worker = Victim(("worker", *where), "at work", within_s * 3, Random(seed + 1))  # noqa: S311 - as above
    senders = [partial(load.send, place) for place in range(CONNECTIONS)]
    jobs: list[Callable[[], None]] = [*senders, load.drop, partial(worker.suffer, None, load.ended)]
    try:
        for victim in (server, worker):
            victim.start()
        with ThreadPoolExecutor(len(jobs)) as pool:
            ended = [pool.submit(job) for job in jobs]
            try:
                server.suffer(kills, load.ended)
            finally:
                load.ended.set()
            for one in ended:
                one.result()
    finally:
        for victim in (server, worker):
            victim.kill()
    return _judged(store, load, server.kills, worker.kills)


def _judged(store: Path, load: Load, kills: int, worker_kills: int) -> Report:
    with closing(open_shop(store)) as shop:
        stored = shop.events.known_ids(list(load.made))
        imported = shop.history.known_ids(list(load.made))
        return Report(
            kills=kills,
            worker_kills=worker_kills,
            files=load.files,
            imported=len(imported),
            acknowledged=len(load.acknowledged),
            unanswered=len(load.unanswered),
            missing=len(load.acknowledged - stored),
            # Each id that is known is one event; what is there beyond that is there twice.
            doubled=shop.events.count() - len(stored),
            halved=sum(0 < len(stored.intersection(ids)) < len(ids) for ids in load.given_up),
        )


def main() -> None:
    """Kill, print what came of it, and write it down."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    start = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        report = attack(Path(folder), given.kills, given.seed)
    print(report)
    if given.kills != KILLS:
        return
    row, seconds = f"{KILLS} kills of a server under load", perf_counter() - start
    figures = {
        "acknowledged events that are missing": (report.missing, 0),
        "events stored twice": (report.doubled, 0),
        "batches stored by half": (report.halved, 0),
        "events acknowledged": (report.acknowledged, None),
    }
    rows = [
        Row(row=row, metric=metric, value=value, reach=reach, command=COMMAND, seeds=(given.seed,), seconds=seconds)
        for metric, (value, reach) in figures.items()
    ]
    print(write("reliability", "kills", rows))


if __name__ == "__main__":
    main()
