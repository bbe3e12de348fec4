"""How long one prediction takes through the service, and everybody's in a batch: 10 million events of a million users.

What is asked was learned from 20,000 of the users: learning is not what is measured here.

Usage: python -m benchmarks.speed.predictions [MILLIONS OF USERS]
"""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import duckdb
import numpy as np

from benchmarks.record import Row, peak_mb, write
from shopkeeper.adapters.files import SegmentStore, import_events
from shopkeeper.adapters.list_files import SCORES, list_file
from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_shop
from shopkeeper.data.catalog import Product
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.money import Money
from shopkeeper.ports import SavedOutlook
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.outlook import Outlook
from shopkeeper.services.predictions.contract import PredictRequest
from shopkeeper.services.predictions.jobs import behaviour_of

_COMMAND = "python -m benchmarks.speed.predictions"
_START, _DAYS, _ITEMS, _CATEGORIES, _LEARNED_FROM = 1_700_000_000, 200, 50_000, 40, 20_000
_END = datetime.fromtimestamp(_START, UTC) + timedelta(days=_DAYS)
NAMES = ("purchase_30d", "churn", "value_90d", "next_category")
_ONES = 500
_METRICS = ("ms, median", "ms of all cores, median", "ms, p99", "ms of all cores, p99")
_LIVE = "history that came in"
_LOOKS = ("first look at an imported history", "imported history that was looked at", _LIVE)
_KINDS = (EventType.VIEW, EventType.VIEW, EventType.CART, EventType.PURCHASE)


def fill(store: Path, n_users: int) -> None:
    """Import ten events of each user, store as many of a tenth as many visitors as they come in, and the products."""
    # Some people are a hundred times as active as others.
    rows = f"""SELECT 'u' || floor({n_users} * random() * random())::INT AS user_id,
      'i' || floor({_ITEMS} * random() * random())::INT AS item_id,
      CASE floor(10 * random())::INT WHEN 0 THEN 'cart' WHEN 1 THEN 'favorite' WHEN 2 THEN 'purchase' ELSE 'view' END
      AS type, to_timestamp({_START} + floor(random() * {_DAYS * 86400})) AS "at",
      1 + floor(100 * random())::INT AS price, 'EUR' AS currency FROM range({9 * n_users})
      UNION ALL SELECT 'u' || number, 'i' || number % {_ITEMS}, 'view',
      to_timestamp({_START} + floor(random() * {_DAYS * 86400})), 5, 'EUR' FROM range({n_users}) AS t(number)"""
    file = store.with_name("log.parquet")
    with duckdb.connect() as connection:
        connection.execute("SELECT setseed(0.1)")
        connection.execute(f"COPY ({rows}) TO '{file}' (FORMAT parquet)")
    rejects = store.with_name("rejects.csv")
    import_events(file, SegmentStore(store / "history"), now=_END, rejects_path=rejects, max_rejects=0)
    shop = open_shop(store)
    kinds = [f"c{number}" for number in range(_CATEGORIES)]
    shop.catalog.upsert(
        Product(item_id=f"i{n}", title=f"i{n}", categories=(kinds[n % _CATEGORIES],)) for n in range(_ITEMS)
    )
    live, rng = min(n_users // 10, 100_000), np.random.default_rng(0)
    for number in range(10):
        when, what = rng.uniform(0, _DAYS, live).tolist(), rng.integers(0, 4, live).tolist()
        shop.live.append(
            [
                Event(
                    event_id=f"{number}-{visitor}",
                    type=_KINDS[what[visitor]],
                    at=_END - timedelta(days=when[visitor]),
                    visitor_id=f"v{visitor}",
                    item_id=f"i{(number * live + visitor) % _ITEMS}",
                    price=Money(500, "EUR"),
                )
                for visitor in range(live)
            ]
        )
    shop.close()


def learn(store: Path) -> None:
    """Learn each prediction from some of the users, and keep it."""
    shop = open_shop(store)
    told = behaviour_of(shop.events, shop.catalog, shop.labels)
    some = Behaviour(told.log.take(told.log.user_idx < _LEARNED_FROM), told.names, told.category_of)
    for name in NAMES:
        prediction = shop.predictions.get(name)
        outlook = Outlook.fit(prediction, some, _END)
        shop.outlooks.save(SavedOutlook(name, prediction, outlook, _END, ""))
    shop.close()


Taken = dict[str, list[tuple[float, float]]]
"""Of each question: milliseconds, and milliseconds of all cores, which tell more where others are at work."""


def ask(store: Path, n_users: int) -> Taken:
    """Return what many single predictions took, each of somebody never asked about, and then again."""
    shop, rng = open_shop(store), np.random.default_rng(0)

    async def asked() -> Taken:
        predictions = services_of(shop, Settings(store=store), clock=lambda: _END).predictions
        taken: Taken = {}
        for name in NAMES:
            await predictions.predict(name, PredictRequest(shopper_ids=["u0"]))
            people = [f"u{user}" for user in rng.choice(n_users, _ONES, replace=False)]
            for look in _LOOKS:
                if look == _LIVE:
                    people = [
                        f"v{visitor}" for visitor in rng.choice(min(n_users // 10, 100_000), _ONES, replace=False)
                    ]
                taken[f"{name}, {look}"] = []
                for person in people:
                    start, start_cpu = perf_counter(), process_time()
                    await predictions.predict(name, PredictRequest(shopper_ids=[person], why=True))
                    took = (perf_counter() - start) * 1000, (process_time() - start_cpu) * 1000
                    taken[f"{name}, {look}"].append(took)
        return taken

    taken = asyncio.run(asked())
    shop.close()
    return taken


def everybody(store: Path, name: str) -> tuple[float, float, int]:
    """Return what everybody's scores in a file took, with the reading of the log, and how many there are."""
    start, start_cpu, n = perf_counter(), process_time(), 0
    shop = open_shop(store)
    told = behaviour_of(shop.events, shop.catalog, shop.labels)
    outlook = shop.outlooks.load(name, shop.predictions.get(name)).outlook
    with list_file(store / f"{name}.parquet", SCORES) as rows:
        for _, scores in outlook.everybody(told, _END):
            rows.writerows([[s.shopper_id, s.value, s.text, s.version, s.as_of.isoformat()] for s in scores])
            n += len(scores)
    shop.close()
    return perf_counter() - start, process_time() - start_cpu, n


def main(n_users: int) -> None:
    """Measure each in its own process, and publish."""
    rows, size = [], f"{10 * n_users / 1e6:g} M events of {n_users / 1e6:g} M users"
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.speed.predictions", str(n_users), f"{folder}/store"]

        def told(*what: str) -> dict[str, float]:
            done: dict[str, float] = json.loads(
                subprocess.run([*command, *what], check=True, stdout=subprocess.PIPE).stdout
            )
            print(" ".join(what), done)
            return done

        told("fill")
        told("learn")
        one = told("ask")
        for what in (f"{name}, {look}" for name in NAMES for look in _LOOKS):
            row, mb = f"one {what}, {size}", one["mb"]
            for metric in _METRICS:
                reach = 10.0 if metric == "ms, p99" else None
                value = one[f"{what}: {metric}"]
                rows.append(Row(row=row, metric=metric, value=value, reach=reach, peak_mb=mb, command=_COMMAND))
        for name in NAMES:
            row, all_ = f"everybody's {name} in a file, {size}", told("all", name)
            for metric, value, reach in (
                ("s", all_["s"], 180.0),
                ("s of all cores", all_["cpu"], None),
                ("MB", all_["mb"], None),
            ):
                rows.append(Row(row=row, metric=metric, value=value, reach=reach, command=_COMMAND))
    if n_users == 1_000_000:
        write("prediction/speed", "predictions", rows)


def _do(store: Path, n_users: int, what: str, name: str) -> dict[str, float]:
    if what == "fill":
        fill(store, n_users)
    elif what == "learn":
        learn(store)
    elif what == "ask":
        taken = ask(store, n_users)
        figures = {"mb": peak_mb()}
        for one, took in taken.items():
            told = np.percentile(took, (50, 99), axis=0).ravel().tolist()
            figures |= {f"{one}: {metric}": value for metric, value in zip(_METRICS, told, strict=True)}
        return figures
    else:
        seconds, cpu, n = everybody(store, name)
        if n != n_users + min(n_users // 10, 100_000):
            raise ValueError(f"There are {n_users} users besides visitors, and {n} scores in all.")
        return {"s": seconds, "cpu": cpu, "mb": peak_mb()}
    return {"mb": peak_mb()}


if __name__ == "__main__":
    if sys.argv[2:]:
        print(json.dumps(_do(Path(sys.argv[2]), int(sys.argv[1]), sys.argv[3], sys.argv[4] if sys.argv[4:] else "")))
    else:
        main(round(float(sys.argv[1]) * 1e6) if sys.argv[1:] else 1_000_000)
