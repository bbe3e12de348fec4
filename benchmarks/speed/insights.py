"""Seconds and memory of the analyses: 10 million events of a million users, and a million baskets.

Usage: python -m benchmarks.speed.insights [events] [baskets] [lists]
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import duckdb

from benchmarks.record import Row, peak_mb, write
from shopkeeper.adapters.files import SegmentStore, import_events
from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_shop
from shopkeeper.services.insights.contract import (
    EarnedRequest,
    FunnelRequest,
    Insights,
    OfDays,
    PathsRequest,
    PerformanceRequest,
    RetentionRequest,
    RulesRequest,
    SearchesRequest,
)

_COMMAND = "python -m benchmarks.speed.insights"
_START = 1_700_000_000
_EVENTS = f"""SELECT 'u' || floor(1000000 * random())::INT AS user_id,
  'i' || floor(50000 * random() * random())::INT AS item_id,
  CASE floor(10 * random())::INT WHEN 0 THEN 'cart' WHEN 1 THEN 'favorite' WHEN 2 THEN 'purchase' ELSE 'view' END
  AS type, to_timestamp({_START} + floor(random() * 7700000)) AS "at", 1 + floor(100 * random())::INT AS price,
  'EUR' AS currency FROM range(10000000)"""
_BASKETS = f"""SELECT 'u' || basket // 3 AS user_id, 'o' || basket AS order_id,
  'i' || floor(20000 * random() * random() * random())::INT AS item_id, 'purchase' AS type,
  to_timestamp({_START} + basket) AS "at", line AS quantity
  FROM (SELECT basket, unnest(range(1, 2 + basket % 7)) AS line FROM range(1000000) AS t(basket))"""
# People see products in lists of three scenarios, by ten versions of a model, click on them, search, and buy.
_KINDS = 6 * ["view", "impression"] + 2 * ["search", "cart", "purchase"] + ["click", "favorite"]
_LISTS = f"""SELECT 'u' || floor(1000000 * random())::INT AS user_id,
  'i' || floor(20000 * random() * random())::INT AS item_id, type,
  to_timestamp({_START} + floor(random() * 7700000)) AS "at",
  1 + floor(100 * random())::INT AS price, 'EUR' AS currency,
  CASE WHEN type IN ('impression', 'click')
    THEN ['home', 'product', 'cart'][1 + n % 3] || '.blend.2024' || n % 10 || '.' || right(md5(n::VARCHAR), 16)
  END AS recommendation_id,
  CASE type WHEN 'search' THEN 'words ' || floor(50000 * random() * random())::INT END AS query,
  CASE type WHEN 'search' THEN floor(10 * random())::INT END AS n_results
  FROM (SELECT n, {_KINDS}[1 + floor({len(_KINDS)} * random())::INT] AS type FROM range(10000000) AS t(n))"""
Ask = Callable[[Insights], Awaitable[object]]
_EVENT_QUESTIONS: dict[str, tuple[Ask, float | None]] = {
    "first question after a change, with the reading of the log": (
        lambda insights: insights.funnel(FunnelRequest(steps=["cart", "purchase"])),
        None,
    ),
    "funnel of three steps": (lambda insights: insights.funnel(FunnelRequest(steps=["view", "cart", "purchase"])), 2.0),
    "funnel, strict": (
        lambda insights: insights.funnel(FunnelRequest(steps=["view", "cart", "purchase"], strict=True)),
        2.0,
    ),
    "retention by week": (lambda insights: insights.retention(RetentionRequest()), 2.0),
    "RFM": (lambda insights: insights.rfm(OfDays()), 3.0),
}
_BASKET_QUESTIONS: dict[str, tuple[Ask, float | None]] = {
    "rules, with the reading of the log": (
        lambda insights: insights.rules(RulesRequest(min_support=0.00001, n=1000)),
        30.0,
    )
}
_LIST_QUESTIONS: dict[str, tuple[Ask, float | None]] = {
    "first question after a change, with the reading of the log": (
        lambda insights: insights.funnel(FunnelRequest(steps=["cart", "purchase"])),
        None,
    ),
    "paths": (lambda insights: insights.paths(PathsRequest()), 5.0),
    "performance of products": (lambda insights: insights.performance(PerformanceRequest()), 5.0),
    "searches": (lambda insights: insights.searches(SearchesRequest()), 5.0),
    "what recommendations earned": (lambda insights: insights.earned(EarnedRequest()), 5.0),
}
_ABOUT = {
    "events": (_EVENT_QUESTIONS, "10 M events of 1 M users", _EVENTS),
    "lists": (_LIST_QUESTIONS, "10 M events, 3 M impressions and 1 M searches among them, of 1 M users", _LISTS),
    "baskets": (_BASKET_QUESTIONS, "1 M baskets", _BASKETS),
}
Taken = dict[str, tuple[float, float]]
"""Of each question: seconds, and seconds of all cores."""


def ask_all(store: Path, about: str) -> Taken:
    """Return what each question took: the first of a kind once, the others in the middle of three."""
    questions, *_ = _ABOUT[about]
    shop = open_shop(store)

    async def asked() -> Taken:
        insights = services_of(shop, Settings(store=store, time_zone="Europe/Berlin")).insights
        taken = {}
        for place, (name, (ask, _)) in enumerate(questions.items()):
            turns = []
            for _ in range(3 if place else 1):
                start, start_cpu = perf_counter(), process_time()
                await ask(insights)
                turns.append((perf_counter() - start, process_time() - start_cpu))
            taken[name] = (median(turn[0] for turn in turns), median(turn[1] for turn in turns))
        return taken

    taken = asyncio.run(asked())
    shop.close()
    return taken


def fill(store: Path, rows: str) -> None:
    """Import these rows into a store."""
    file = store.with_name("log.parquet")
    with duckdb.connect() as connection:
        connection.execute("SELECT setseed(0.1)")
        connection.execute(f"COPY ({rows}) TO '{file}' (FORMAT parquet)")
    rejects = store.with_name("rejects.csv")
    import_events(file, SegmentStore(store / "history"), now=datetime.now(UTC), rejects_path=rejects, max_rejects=0)


def main() -> None:
    """Measure each kind of store in its own process, all or those that are named, and publish."""
    for about, (questions, size, _) in _ABOUT.items():
        if sys.argv[1:] and about not in sys.argv[1:]:
            continue
        rows = []
        with TemporaryDirectory() as name:
            # A process is told the memory of the one that started it as its own peak, so this one stays small.
            command = [sys.executable, "-m", "benchmarks.speed.insights", f"{name}/store", about]
            subprocess.run([*command, "fill"], check=True)
            told = json.loads(subprocess.run([*command, "ask"], check=True, stdout=subprocess.PIPE).stdout)
        for question, (seconds, cpu) in told["taken"].items():
            print(f"{question:60} {seconds:6.2f} s, {cpu:6.2f} s of all cores")
            reach = questions[question][1]
            label = f"{question}, {size}"
            about_it = {"seconds": seconds, "peak_mb": told["peak_mb"], "command": _COMMAND}
            rows.append(Row(row=label, metric="s", value=seconds, reach=reach, **about_it))
            rows.append(Row(row=label, metric="s of all cores", value=cpu, **about_it))
        print(f"{size}: {told['peak_mb']:,.0f} MB")
        rows.append(Row(row=f"all of these, {size}", metric="MB", value=told["peak_mb"], reach=2000, command=_COMMAND))
        write("insights", about, rows)


if __name__ == "__main__":
    if sys.argv[3:] == ["fill"]:
        fill(Path(sys.argv[1]), _ABOUT[sys.argv[2]][2])
    elif sys.argv[3:] == ["ask"]:
        print(json.dumps({"taken": ask_all(Path(sys.argv[1]), sys.argv[2]), "peak_mb": peak_mb()}))
    else:
        main()
