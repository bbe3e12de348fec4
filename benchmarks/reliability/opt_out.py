"""People who say no: whatever they do then, not a byte of what they are shown depends on it.

In a real shop (Online Retail, as the demo has it) people refuse lists about themselves. Each is asked about in every
scenario, on a page, with a cart or with a search; then new things are written under their names, past the doors that
would keep them out, and all is asked again. Nothing that was made before may be given again: each answer is made anew.
As a check of the check, the same is done to a tenth as many who refuse nothing. Then people of both kinds are asked for
the first page in turns, as it is served.

    .venv/bin/python -m benchmarks.reliability.opt_out
"""

import argparse
import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

import numpy as np

from benchmarks.record import Row, write
from shopkeeper import models
from shopkeeper.app.assemble import Services, services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, open_shop
from shopkeeper.cli.demo import LOG
from shopkeeper.cli.import_ import import_command
from shopkeeper.data.consent import Purpose
from shopkeeper.data.events import Event, EventType
from shopkeeper.estimator import ignore
from shopkeeper.kit.clock import utc_now
from shopkeeper.services.people.contract import ConsentRequest
from shopkeeper.services.recommendations.contract import RecommendRequest
from shopkeeper.services.recommendations.jobs import ALWAYS, Publisher, training_data

COMMAND = "python -m benchmarks.reliability.opt_out"
PEOPLE = 1000
MODELS = ("user_knn", "item_knn", "transitions", "next_basket", "personal_top", *ALWAYS)
KINDS = (EventType.VIEW, EventType.CART, EventType.PURCHASE, EventType.IMPRESSION, EventType.FAVORITE)
_OF_EACH = re.compile(rb'"recommendation_id":"[^"]*","took_ms":[0-9.]+')
"""What is made anew for each answer."""


@dataclass(slots=True)
class Report:
    """What came of it."""

    scenarios: list[str]
    asked: int = 0
    changed: list[str] = field(default_factory=list)
    """Answers to people who refuse that are another after they did something."""
    bytes_changed: int = 0
    share_of_others: float = 0.0
    """Of the answers to who refuses nothing, those that are another then."""
    ms: dict[str, list[float]] = field(default_factory=lambda: {"refusing": [], "others": []})


def fit(shop: Shop, names: Sequence[str] = MODELS) -> None:
    """Fit the models that the scenarios ask."""
    data = training_data(shop.allowing(Purpose.PERSONAL), shop.catalog)
    scorers = [models.create(name) for name in dict.fromkeys(names)]
    Publisher(shop.models, shop.checkpoints, utc_now).publish(scorers, data, check=False, progress_of=lambda _: ignore)


async def attack(store: Path, n: int, seed: int = 0, *, timed: int = 1) -> Report:
    """Ask about n people who refuse, and some who do not, before and after they did something; and time both."""
    rng = Random(seed)  # noqa: S311 - a play of chance that can be repeated, no secret
    async with _opened(store, fresh_s=0) as (shop, services, now):
        known = [name for name, _ in shop.events.shoppers(limit=2 * n)]
        refusing, others = known[::2], known[1::2]
        people = [*refusing, *others[: max(20, n // 10)]]
        no = ConsentRequest(granted=False, purposes=[Purpose.PERSONAL])
        for name in refusing:
            await services.people.add_consent(name, no)
        items = [product for product, _ in shop.events.traffic(limit=1000)]
        report = Report([one.name for one in (await services.recommendations.scenarios()).scenarios])
        wishes = {name: list(_wishes(name, report.scenarios, items, rng)) for name in people}
        before = {name: [await _answer(services, wish) for wish in wishes[name]] for name in people}
        shop.live.append([event for name in people for event in _done(name, items, now, rng)])
        asked, n_other, n_changed = set(refusing), 0, 0
        for name in people:
            for wish, old in zip(wishes[name], before[name], strict=True):
                new = await _answer(services, wish)
                if name not in asked:
                    n_other, n_changed = n_other + 1, n_changed + (new != old)
                    continue
                report.asked += 1
                if new != old:
                    report.changed.append(wish.model_dump_json(exclude_defaults=True))
                    report.bytes_changed += sum(a != b for a, b in zip(new, old, strict=False)) + abs(
                        len(new) - len(old)
                    )
        report.share_of_others = n_changed / n_other
    async with _opened(store, fresh_s=2) as (_, services, _):
        for turn in range(-1, timed):
            for both in zip(refusing, others, strict=True):
                for kind, name in zip(report.ms, both, strict=True):
                    start = perf_counter()
                    await services.recommendations.recommend_json(RecommendRequest(user_id=name))
                    if turn >= 0:  # the first is for what is read once
                        report.ms[kind].append((perf_counter() - start) * 1000)
    return report


@asynccontextmanager
async def _opened(store: Path, *, fresh_s: float) -> AsyncIterator[tuple[Shop, Services, datetime]]:
    """Open a shop whose clock stands still, so that time changes no answer."""
    now = utc_now()
    shop = open_shop(store)
    services = services_of(shop, Settings(store=store, catalog_fresh_s=fresh_s), clock=lambda: now)
    try:
        yield shop, services, now
    finally:
        await services.close()
        shop.close()


def _wishes(name: str, scenarios: Sequence[str], items: Sequence[str], rng: Random) -> Sequence[RecommendRequest]:
    """Return one wish for each scenario, with what its place knows."""
    contexts: Sequence[dict[str, object]] = (
        {},
        {},
        {},
        {"item_id": rng.choice(items)},
        {"items": rng.sample(items, 3)},
        {"query": "bag"},
    )
    return [
        RecommendRequest.model_validate({"scenario": scenario, "user_id": name, "visitor_id": f"web-{name}", **context})
        for scenario in scenarios
        for context in [rng.choice(contexts)]
    ]


async def _answer(services: Services, wish: RecommendRequest) -> bytes:
    return _OF_EACH.sub(b"", await services.recommendations.recommend_json(wish))


def _done(name: str, items: Sequence[str], now: datetime, rng: Random) -> list[Event]:
    """Return five things that somebody did just before now."""
    return [
        Event(
            event_id=f"new-{name}-{number}",
            type=rng.choice(KINDS),
            at=now - timedelta(minutes=number),
            visitor_id=name,
            user_id=name,
            item_id=rng.choice(items),
        )
        for number in range(5)
    ]


def p99(ms: Sequence[float]) -> float:
    """Return what one in a hundred takes longer than."""
    return float(np.quantile(ms, 0.99))


def main() -> None:
    """Ask, print what came of it, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    start = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "shop"
        import_command([LOG], store=store)
        shop = open_shop(store)
        fit(shop)
        shop.close()
        report = asyncio.run(attack(store, given.people, given.seed, timed=3))
    refusing, others = p99(report.ms["refusing"]), p99(report.ms["others"])
    print(f"{report.asked:,} answers, {len(report.changed)} changed, {report.bytes_changed} bytes", *report.changed[:9])
    print(f"of others {report.share_of_others:.1%} changed; p99 {refusing:.2f} ms beside {others:.2f} ms of others")
    if given.people == PEOPLE:
        row = f"opt-out: {PEOPLE:,} people x {len(report.scenarios)} scenarios"
        told = (
            ("bytes of answers that change with their history", float(report.bytes_changed), 0.0, None, None),
            (
                "share of answers that change",
                len(report.changed) / report.asked,
                0.0,
                "who allows it",
                report.share_of_others,
            ),
            ("first page, p99, ms", refusing, others, "who allows it", others),
        )
        rows = [
            Row(
                row=row,
                metric=metric,
                value=value,
                reach=reach,
                peer=peer,
                peer_value=of_peer,
                command=COMMAND,
                seeds=(given.seed,),
                seconds=perf_counter() - start,
            )
            for metric, value, reach, peer, of_peer in told
        ]
        print(write("privacy", "opt_out", rows))


if __name__ == "__main__":
    main()
