"""What the parts of a server reach alone on the same core: figures of serving say little without them.

Machines differ, and one machine from day to day, so the aims of serving are told beside these. Run as a process of its
own, on the core that the server has:

    python -m benchmarks.speed.serving_peers numpy
"""

import sqlite3
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter

import numpy as np
import uvicorn
from fastapi import FastAPI

PORT = 8791
N_ITEMS, FACTORS, TOP = 100_000, 64, 100
_SECONDS = 3.0


def fastapi() -> None:
    """Serve a tiny answer until it is killed."""
    app = FastAPI()

    @app.get("/")
    async def tell() -> dict[str, bool]:
        return {"ok": True}

    uvicorn.run(app, port=PORT, log_level="warning", access_log=False)


def numpy() -> None:
    """Print how often a second numpy finds the best products for one vector."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((N_ITEMS, FACTORS), np.float32)

    def once(turn: int) -> None:
        scores = vectors @ vectors[turn]
        best = np.argpartition(-scores, TOP)[:TOP]
        best[np.argsort(-scores[best])]

    print(_times_a_second(once))


def sqlite(at_once: int) -> None:
    """Print how many events a second SQLite takes, durably, so many in a transaction, into a table with our indexes."""
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "peer.sqlite", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "CREATE TABLE events (n INTEGER PRIMARY KEY, event_id TEXT UNIQUE, who TEXT, type INT, at INT, item TEXT)",
            "CREATE INDEX by_who ON events (who, at, n)",
        ):
            database.execute(statement)
        rng = np.random.default_rng(0)

        def once(turn: int) -> None:
            who = rng.integers(0, 100_000, at_once).tolist()
            rows = [(f"{turn}-{place}", f"v{one}", 0, turn, str(one)) for place, one in enumerate(who)]
            database.execute("BEGIN")
            database.executemany("INSERT INTO events (event_id, who, type, at, item) VALUES (?, ?, ?, ?, ?)", rows)
            database.execute("COMMIT")

        print(at_once * _times_a_second(once))
        database.close()


def _times_a_second(once: Callable[[int], None]) -> float:
    for turn in range(20):
        once(-turn)
    start, turn = perf_counter(), 0
    while perf_counter() - start < _SECONDS:
        turn += 1
        once(turn)
    return turn / (perf_counter() - start)


PEERS: Mapping[str, Callable[[], None]] = {
    "fastapi": fastapi,
    "numpy": numpy,
    "sqlite": lambda: sqlite(1),
    "sqlite-50": lambda: sqlite(50),
}

if __name__ == "__main__":
    PEERS[sys.argv[1]]()
