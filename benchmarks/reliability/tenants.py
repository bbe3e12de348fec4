"""Requests across shops: whatever a request says, its key alone decides whose shop answers.

An installation of four shops, with the same people and products in each but another mark in every text, is asked at
random: any route, keys of all kinds (revoked and wrong ones too), and hints to another shop in headers, queries, paths
and bodies. A leak is an answer, or something stored, that holds the mark of another shop than that of the key.

    .venv/bin/python -m benchmarks.reliability.tenants
"""

import argparse
import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from urllib.parse import quote, unquote

import httpx

from benchmarks.record import Row, write
from shopkeeper import models
from shopkeeper.adapters.sql import SqlKeyStore
from shopkeeper.app import shops
from shopkeeper.app.assemble import assemble
from shopkeeper.app.scopes import NEEDED
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_database, open_shop
from shopkeeper.data.catalog import Product
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.clock import utc_now
from shopkeeper.ports import SavedModel
from shopkeeper.services.keys.service import KeyService, NewKey
from shopkeeper.web.door import SHOP_HEADER, SIGNATURE_HEADER

COMMAND = "python -m benchmarks.reliability.tenants"
SHOPS = ("default", "tea", "book", "wine")
MARK = re.compile(r"mark-([a-z]+)-\w+")
PAGE = "https://page.example"
N_USERS, N_ITEMS, AT_ONCE = 12, 16, 16
REQUESTS = 100_000
WRITES = [("POST", "/v1/events"), ("PUT", "/v1/products"), ("PATCH", "/v1/products/{item_id:path}")]
"""Asked for more often than the many other routes."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to show who asks, and whose shop may answer: nobody's where there is none."""

    headers: Mapping[str, str]
    shop: str = "nobody"


@dataclass(slots=True)
class Report:
    """What came of it."""

    leaks: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    touched: set[tuple[str, str]] = field(default_factory=set)
    """Products that a key of their own shop may have changed."""


def build(store: Path) -> list[Way]:
    """Fill the shops and make their keys; return the ways to ask."""
    for name in SHOPS[1:]:
        shops.create(store, name)
    for name in SHOPS:
        _fill(shops.folder_of(store, name), name)
    ways = [Way({}), Way({"Authorization": "Bearer sk_0_guess", "X-API-Key": "pk_0_guess"})]
    engine = open_database(store)
    keys = KeyService(SqlKeyStore(engine), utc_now)
    for name in SHOPS:
        page = keys.create("page", "publishable", shop=name, origins=[PAGE])
        ended = keys.create("ended", shop=name, lasts=timedelta(microseconds=1)), keys.create("revoked", shop=name)
        keys.revoke(ended[1].key.key_id)
        everything = keys.create("all", shop=name)
        signature = {SIGNATURE_HEADER: keys.sign(everything.key.key_id, _id("u", 1, name), timedelta(days=1))}
        ways += [
            Way(_shown(everything), name),
            Way(_shown(keys.create("all", shop=name), "X-API-Key", ""), name),
            Way(_shown(keys.create("some", shop=name, scopes=["events:read", "catalog:read"])), name),
            Way({**_shown(page), "Origin": PAGE}, name),
            Way({**_shown(page), "Origin": PAGE} | signature, name),
            Way({**_shown(page), "Origin": "https://elsewhere.example"}),
            *(Way(_shown(key)) for key in ended),
        ]
    engine.dispose()
    return ways


def _shown(key: NewKey, header: str = "Authorization", before: str = "Bearer ") -> dict[str, str]:
    return {header: before + key.token.get_secret_value()}


def _fill(folder: Path, name: str) -> None:
    """Half of the people and products have ids that all shops share, the others ids of this shop alone."""
    with closing(open_shop(folder)) as shop:
        titles = [f"mark-{name}-title{item} cup" for item in range(N_ITEMS)]
        shop.catalog.upsert(
            Product(item_id=_id("i", number, name), title=title, description=title, tags=(title,))
            for number, title in enumerate(titles)
        )
        rng, now = Random(name), utc_now()  # noqa: S311 - a play of chance that can be repeated, no secret
        events = [
            Event(
                event_id=f"mark-{name}-{user}x{item}",
                type=EventType.PURCHASE,
                at=now - timedelta(days=1 + item),
                visitor_id=_id("u", user, name),
                user_id=_id("u", user, name),
                item_id=_id("i", item, name),
                order_id=f"mark-{name}-order",
                query=f"mark-{name}-query",
            )
            for user in range(N_USERS)
            for item in rng.sample(range(N_ITEMS), 5)
        ]
        shop.live.append(events)
        data = Dataset.from_log(shop.events.log())
        for model in ("popularity", "user_knn", "svd"):
            scorer = models.create(model, {"factors": 4} if model == "svd" else {}).fit(data)
            version = f"mark-{name}-version"
            shop.models.save(SavedModel(scorer, data.users, data.items, version, now, data.fingerprint(), {}))


def _id(kind: str, number: int, name: str) -> str:
    return f"{kind}{number}" if number % 2 else f"mark-{name}-{kind}{number}"


def _request(rng: Random, way: Way) -> httpx.Request:
    """Return a request of some route, with ids of any shop and hints to another one."""
    other = rng.choice(SHOPS)
    person, item = (_id(kind, rng.randrange(n), rng.choice(SHOPS)) for kind, n in (("u", N_USERS), ("i", N_ITEMS)))
    method, path = rng.choice(list(NEEDED)) if rng.random() < 0.8 else rng.choice(WRITES)
    model = rng.choice(("user_knn", "svd", "popularity", f"../../shops/{other}/models/svd"))
    # What a shop writes itself about ids of another would come back to it, and be no leak.
    own = way.shop if way.shop in SHOPS else other
    written, own_item = (_id(kind, rng.randrange(n), own) for kind, n in (("u", N_USERS), ("i", N_ITEMS)))
    parts = {
        "item_id": item,
        "user_id": person if method == "GET" else written,
        "name": model,
        "feedback_type": "purchase",
        "version": "v",
    }
    for part in re.findall(r"{.+?}", path):
        value = parts.get(part.strip("{}").partition(":")[0], "cup")
        path = path.replace(part, quote(value, safe="/" if rng.random() < 0.5 else ""))
    asked = {"user_id": person, "visitor_id": person, "item_id": item, "q": "cup", "limit": "20", "n": "5"}
    asked |= {"model": model, "shop": other, "tenant": other, "store": f"shops/{other}", "since": "0"}
    hints = {SHOP_HEADER: other, "X-Shop": other, "Host": f"{other}.example", "X-Forwarded-Prefix": f"/shops/{other}"}
    wrote = f"wrote-{way.shop}-"
    event = {"type": "view", "user_id": written, "item_id": own_item, "order_id": wrote}
    feedback = {"FeedbackType": "purchase", "UserId": written, "ItemId": own_item, "Timestamp": "2026-01-01"}
    wish = {"user_id": person, "item_id": item, "n": 5, "scenario": rng.choice(("home", "similar", "recently_viewed"))}
    bodies: dict[tuple[str, str], object] = {
        ("POST", "/v1/events"): {"events": [event], "partial": True},
        ("POST", "merge"): {"visitor_id": written},
        ("PUT", "/v1/products"): {"products": [{"item_id": own_item, "title": wrote}]},
        ("PATCH", "products"): {"title": wrote},
        ("POST", "batch"): {"requests": [wish, wish | {"user_id": written}]},
        ("POST", "recommendations"): wish,
        ("PUT", "rules"): {"action": "boost", "filter": f'title contains "{wrote}"'},
        ("POST", "score"): {"histories": [[item], []], "n": 5},
        ("POST", "embed"): {"items": [item], "histories": [[item]]},
        ("POST", "feedback"): [feedback],
        ("POST", "session"): [feedback | {"ItemId": item}],
        ("POST", "/api/items"): [{"ItemId": own_item, "Comment": wrote}],
        ("POST", "/api/item"): {"ItemId": own_item, "Comment": wrote},
        ("PATCH", "/api/item"): {"Comment": wrote},
    }
    body = next((body for (verb, end), body in bodies.items() if verb == method and end in path), {})
    if isinstance(body, dict) and rng.random() < 0.1:
        body |= {"shop": other}
    return httpx.Request(
        method,
        f"http://shop.example{path}",
        params={name: value for name, value in asked.items() if rng.random() < 0.4},
        json=body if method in ("POST", "PUT", "PATCH") else None,
        headers={name: value for name, value in hints.items() if rng.random() < 0.3} | dict(way.headers),
    )


async def attack(store: Path, n: int, seed: int, *, is_open: bool = False) -> Report:
    """Ask the shops of a folder, several requests at once, and look at every answer and all that is stored then.

    Where the door `is_open` to who shows no key, there are leaks: so it is seen that they would be found.
    """
    rng, report, ways = Random(seed), Report(), build(store)  # noqa: S311 - a play of chance that can be repeated, no secret
    door = assemble(Settings(store=store, rate_key=0, rate_address=0, open=is_open))

    async def ask(client: httpx.AsyncClient, way: Way, request: httpx.Request) -> None:
        answer = await client.send(request)
        report.statuses[answer.status_code] += 1
        sent = unquote(f"{request.url} {request.headers}") + request.content.decode()
        told = {found[0]: found[1] for found in MARK.finditer(f"{answer.text} {answer.headers}")}
        for mark, shop in told.items():
            if shop != way.shop and mark not in sent:
                report.leaks.append(f"{mark} was told to {way.shop}: {request.method} {request.url}")
        if request.method != "GET":
            report.touched |= {(way.shop, found) for found in re.findall(r"(?:mark-[a-z]+-)?i\d+", sent)}

    transport = httpx.ASGITransport(door)
    async with httpx.AsyncClient(transport=transport) as client:
        for start in range(0, n, AT_ONCE):
            asked = [(way, _request(rng, way)) for way in rng.choices(ways, k=min(AT_ONCE, n - start))]
            await asyncio.gather(*(ask(client, way, request) for way, request in asked))
    await door.close()
    report.leaks += [leak for name in SHOPS for leak in _stored(shops.folder_of(store, name), name, report.touched)]
    return report


def _stored(folder: Path, name: str, touched: set[tuple[str, str]]) -> list[str]:
    """Return what was stored in a shop by keys of another, and which products such a key changed or removed."""
    with closing(open_shop(folder)) as shop:
        people = [person for person, _ in shop.events.shoppers(limit=10_000)]
        orders = {event.order_id or "" for person in people for event in shop.events.history(person, limit=100_000)}
        products = {product.item_id: product.title for product in shop.catalog.all()}
        rules = {rule.filter for rule in shop.rules.all().values()}
    texts = " ".join((*orders, *products.values(), *rules))
    foreign = {found[0] for found in re.finditer(r"(?:wrote|mark)-([a-z]+)-", texts) if found[1] != name}
    leaks = [f"{text} is stored in {name}" for text in foreign]
    for number in range(N_ITEMS):
        item = _id("i", number, name)
        if (name, item) not in touched and not products.get(item, "").startswith(f"mark-{name}-"):
            leaks.append(f"{item} of {name} was changed by another shop")
    return leaks


def main() -> None:
    """Ask, print what came of it, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    start = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(attack(Path(folder), given.requests, given.seed))
    print(f"{sum(report.statuses.values()):,} requests, {len(report.leaks)} leaks; answers {dict(report.statuses)}")
    print(*report.leaks[:20], sep="\n")
    if given.requests == REQUESTS:
        row = f"{REQUESTS:,} requests across shops"
        seconds = perf_counter() - start
        seeds = (given.seed,)
        leaks = Row(
            row=row, metric="leaks", value=len(report.leaks), reach=0, command=COMMAND, seeds=seeds, seconds=seconds
        )
        print(write("reliability", "tenants", [leaks]))


if __name__ == "__main__":
    main()
