"""Persons who leave: models equal those that never knew them, no byte of theirs is left, no backup brings them back.

A shop is filled with public data, most of it imported and the newest posted, everybody under a name that can be found
in any file. A thousand persons ask to be erased and the worker sweeps; another shop, which never had them, says what
its models must be. Then a copy from before is brought back, and last ten thousand ask at once.

    .venv/bin/python -m benchmarks.reliability.erase [--data ../shared/data]
"""

import argparse
import shutil
import tempfile
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import duckdb
import numpy as np

from benchmarks.record import Row, peak_mb, write
from shopkeeper import models
from shopkeeper.adapters.files import import_events, read_events
from shopkeeper.app.erasing import erasing_of, sweep_of
from shopkeeper.app.personal import APART
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, open_shop
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.merges import Merge
from shopkeeper.estimator import ignore
from shopkeeper.kit.clock import from_us, utc_now
from shopkeeper.services.recommendations.jobs import ALWAYS, Publisher, training_data
from shopkeeper.testing.traces import traces

COMMAND = "python -m benchmarks.reliability.erase"
EXAMPLES = Path(__file__).parents[2] / "examples"
COUNTED = ("user_knn", "item_knn", "transitions")
SETTINGS = Settings()
POSTED = 0.02
"""Share of the events that came one by one."""
MANY = "many"
DEVICES = 100
"""Persons who were a visitor before they signed in."""
WHO = "'person-' || left(md5('{salt}' || {user}), 16)"


@dataclass(frozen=True, slots=True)
class Source:
    """Public behaviour, and which models are fitted on it."""

    name: str
    rows: str
    """A SELECT of user_id, item_id, type and at."""
    models: Sequence[str]


def online_retail(_data: Path) -> Source:
    """Return the purchases of the demo shop."""
    file = EXAMPLES / "online_retail" / "transactions.parquet"
    user = "CAST(CAST(CustomerID AS BIGINT) AS VARCHAR)"
    rows = (
        f"SELECT {WHO.format(salt='retail', user=user)} AS user_id, StockCode AS item_id, 'purchase' AS type, "
        f"InvoiceDate AS at FROM '{file}' WHERE CustomerID IS NOT NULL AND Quantity > 0"
    )
    return Source("online_retail", rows, (*COUNTED, "ease"))


def gowalla(data: Path) -> Source:
    """Return all visits, in the order of the file; EASE would need the inverse of 40,981 x 40,981 numbers."""
    files = [str(data / "gowalla" / f"{part}.parquet") for part in ("train", "test")]
    rows = (
        f"SELECT {WHO.format(salt='gowalla', user='user_id')} AS user_id, 'i' || item_id AS item_id, 'view' AS type, "
        f"TIMESTAMP '2024-01-01' + to_seconds(row_number() OVER ()) AS at FROM read_parquet({files})"
    )
    return Source("gowalla", rows, COUNTED)


def fill(store: Path, source: Source, people: Sequence[str], without: Collection[str] = ()) -> None:
    """Make a shop of a source, without some persons, and fit its models."""
    with closing(open_shop(store)) as shop, tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.register("gone", {"user_id": np.array([*without, ""], object)})
        connection.execute(f"CREATE TABLE told AS {source.rows}")
        connection.execute("DELETE FROM told WHERE user_id IN (SELECT user_id FROM gone)")
        posted = f'hash(user_id || item_id || "at") % 1000 < {POSTED * 1000:g}'
        for name, which in (("imported", f"NOT ({posted})"), ("posted", posted)):
            file = Path(folder) / f"{name}.parquet"
            connection.execute(f"COPY (FROM told WHERE {which}) TO '{file}' (FORMAT parquet)")
        now = utc_now()
        import_events(Path(folder) / "imported.parquet", shop.history, now=now, rejects_path=store / "r.csv")
        _post(shop, Path(folder) / "posted.parquet")
        for n, who in enumerate(people[:DEVICES]):
            if who not in without:
                seen = Event(event_id=f"d{n}", type=EventType.VIEW, at=now, visitor_id=_device(who), item_id="i1")
                shop.events.append([seen])
                shop.merges.add(Merge(_device(who), who, now + timedelta(seconds=1)))
        publisher = Publisher(shop.models, shop.checkpoints, utc_now)
        scorers = [models.create(name) for name in (*source.models, *ALWAYS)]
        data = training_data(shop.events, shop.catalog)
        publisher.publish(scorers, data, check=False, progress_of=lambda _: ignore)


def _post(shop: Shop, file: Path) -> None:
    log = read_events(file)
    events = [
        Event(
            event_id=f"posted-{n}",
            type=EventType(int(log.type[n])),
            at=from_us(int(log.at[n])),
            visitor_id=log.users[user],
            user_id=log.users[user],
            item_id=log.items[int(log.item_idx[n])],
        )
        for n, user in enumerate(log.user_idx.tolist())
    ]
    for start in range(0, len(events), 1000):
        shop.events.append(events[start : start + 1000])


def _device(who: str) -> str:
    return who.replace("person", "device")


def unequal(shop: Shop, other: Shop) -> int:
    """Return how many arrays of models differ between two shops, users and products included."""
    names = sorted({*shop.models.names(), *other.models.names()})
    return sum(_unequal(shop, other, name) for name in names)


def _unequal(shop: Shop, other: Shop, name: str) -> int:
    if not (shop.models.current(name) and other.models.current(name)):
        return 1
    one, two = (
        saved.scorer.state() | saved.users.state("users") | saved.items.state("items")
        for saved in (shop.models.load(name), other.models.load(name))
    )
    return sum(key not in one or key not in two or not np.array_equal(one[key], two[key]) for key in one.keys() | two)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it."""

    n_people: int
    unequal: int
    """Arrays of models."""
    files_before: int
    """Files that held one of them."""
    traces: int
    """The same after the sweep."""
    back: int
    """The same after an older copy was brought back and opened, with models that are not as they must be."""
    asked_s: float
    swept_s: float
    restored_s: float


def leave(folder: Path, source: Source, n_people: int, seed: int = 0) -> Report:
    """Fill shops, erase some persons, and look for them."""
    with duckdb.connect() as connection:
        told = connection.execute(f"SELECT DISTINCT user_id FROM ({source.rows}) ORDER BY 1").fetchall()
    everybody = [str(who) for (who,) in told]
    gone = np.random.default_rng(seed).choice(everybody, n_people, replace=False).tolist()
    names = [*gone, *map(_device, gone)]
    store, copy, never = (folder / name for name in ("store", "copy", "never"))
    fill(store, source, gone)
    fill(never, source, gone, without=gone)
    files_before = len(traces(store, names))
    shutil.copytree(store, copy)
    with closing(open_shop(store)) as shop, closing(open_shop(never)) as other:
        asked_s, swept_s = erased(shop, gone)
        differ, left = unequal(shop, other), len(traces(store, names))
    for path in store.iterdir():
        if path.name != APART:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(copy, store, dirs_exist_ok=True)
    start = perf_counter()
    with closing(open_shop(store)) as shop, closing(open_shop(never)) as other:
        sweep_of(shop, SETTINGS).reapply(ignore)
        restored_s = perf_counter() - start
        back = len(traces(store, names)) + unequal(shop, other)
    return Report(n_people, differ, files_before, left, back, asked_s, swept_s, restored_s)


def erased(shop: Shop, people: Sequence[str]) -> tuple[float, float]:
    """Ask for each person, and sweep once; return how long both took."""
    start = perf_counter()
    erasing = erasing_of(shop, SETTINGS)
    for who in people:
        erasing.erase(who)
    asked_s, start = perf_counter() - start, perf_counter()
    sweep_of(shop, SETTINGS).run(ignore)
    if shop.personal.erasures.waiting(1):
        raise AssertionError("an erasure waits after the sweep")
    return asked_s, perf_counter() - start


def drained(folder: Path, source: Source, n_people: int) -> float:
    """Return how many seconds pass from the first of many requests until the last is done."""
    fill(folder, source, [])
    with closing(open_shop(folder)) as shop:
        people = [who for who, _ in shop.events.shoppers(limit=n_people)]
        asked_s, swept_s = erased(shop, people)
        if found := traces(folder, people[:1000]):
            raise AssertionError(f"{len(found)} files still name some of them")
        print(f"{len(people):,} requests in {asked_s:.1f} s, swept in {swept_s:.1f} s", flush=True)
    return asked_s + swept_s


def main() -> None:
    """Erase, print what came of it, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--only", choices=("online_retail", "gowalla", MANY))
    given = parser.parse_args()
    is_published = (given.people, given.many) == (1000, 10_000)
    for source in (online_retail(given.data), gowalla(given.data)):
        if given.only in (None, source.name):
            with tempfile.TemporaryDirectory() as folder:
                report = leave(Path(folder), source, given.people)
            print(source.name, report, flush=True)
            if is_published:
                print(write("erasure", source.name, _rows(source.name, report)), flush=True)
    if given.only in (None, MANY):
        with tempfile.TemporaryDirectory() as folder:
            seconds = drained(Path(folder), gowalla(given.data), given.many)
        row = f"{given.many:,} persons of gowalla erased"
        figure = Row(row=row, metric="seconds", value=seconds, reach=3600, peak_mb=peak_mb(), command=COMMAND)
        if is_published:
            print(write("erasure", MANY, [figure]))


def _rows(name: str, report: Report) -> list[Row]:
    row = f"{report.n_people:,} persons of {name} erased"
    told = {
        "arrays of models that differ from a shop without them": report.unequal,
        "files with a trace of them": report.traces,
        "files and arrays with them after an older copy was brought back": report.back,
    }
    rows = [Row(row=row, metric=metric, value=value, reach=0, command=COMMAND) for metric, value in told.items()]
    return [*rows, Row(row=row, metric="seconds of the sweep", value=report.swept_s, command=COMMAND)]


if __name__ == "__main__":
    main()
