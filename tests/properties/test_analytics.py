"""Whatever a log holds, and whichever way it came in, the analyses tell what plain Python finds in it."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.adapters.allowed import EventsAllowed
from shopkeeper.adapters.analytics import DuckAnalytics
from shopkeeper.adapters.files import SegmentStore, import_events
from shopkeeper.adapters.layered import LayeredEvents
from shopkeeper.adapters.memory import MemoryCatalogStore, MemoryEventStore, MemoryMergeStore
from shopkeeper.adapters.memory_people import MemoryPeopleStore
from shopkeeper.adapters.merged import MergedEvents
from shopkeeper.adapters.privacy_file import FilePrivacy
from shopkeeper.data.catalog import Product
from shopkeeper.data.consent import Purpose
from shopkeeper.data.events import GUEST_PREFIX, INTERACTIONS, Event, EventType
from shopkeeper.data.insights import (
    Days,
    EarnedQuestion,
    FunnelQuestion,
    PathsQuestion,
    PerformanceQuestion,
    RetentionQuestion,
)
from shopkeeper.data.merges import Merge
from shopkeeper.data.origin import Origin
from shopkeeper.kit.money import Money
from shopkeeper.testing.people_suite import consent
from tests import twins

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
# Around nights in which clocks are changed somewhere.
CHANGES = [datetime(2024, 3, 30, 20), datetime(2024, 10, 26, 20), datetime(2024, 11, 3, 0), datetime(2024, 4, 6, 10)]
PRODUCTS = [
    Product(item_id="a", title="A", brand="x", categories=("Home > Light", "Toys")),
    Product(item_id="b", title="B", brand="y", categories=("Home",)),
    Product(item_id="c", title="C", categories=("Toys > Cars",)),
    Product(item_id="d", title="D", brand="x"),
]
ORIGINS = [Origin("home", "als", "1"), Origin("home", "als", "2"), Origin("cart", "svd", "1")]
ANSWERS = [None, *(origin.named(f"{n:016}") for n, origin in enumerate(ORIGINS)), "not.ours", "0123456789abcdef" * 2]
MINUTE_US = 60_000_000
SEEDS = st.integers(0, 2**32)
logs = settings(max_examples=130, deadline=None)


def events_of(random: Random) -> list[Event]:
    """Return events of few people with many ties, out of order, some of them twice."""
    start, span = random.choice(CHANGES).replace(tzinfo=UTC), random.choice([600, 3_000, 150_000])
    kinds = random.choice([tuple(EventType), INTERACTIONS, (EventType.PURCHASE, EventType.REFUND)])
    found: list[Event] = []
    for number in range(random.choice([0, 1, 20, 60])):
        if found and random.random() < 0.1:
            found.append(random.choice(found))
            continue
        who = random.choice(["u1", "u2", "u3", "u4", "u5", "v1", "v2", "guest:7"])
        found.append(
            Event(
                event_id=f"e{number}",
                type=random.choice(kinds),
                at=start + timedelta(minutes=random.randrange(0, span, random.choice([1, 10]))),
                visitor_id=who,
                user_id=who if who.startswith("u") else None,
                item_id=random.choice(["a", "b", "c", "d", "new"]),
                quantity=random.randrange(1, 4),
                price=random.choice([None, Money(random.randrange(500), random.choice(["EUR", "EUR", "USD"]))]),
                order_id=random.choice([None, None, "o1", "o2"]),
                recommendation_id=random.choice(ANSWERS),
                query=random.choice([None, "lamp", "\tLamp ", "GRÜNE lampe", "grüne Lampe", "  "]),
                n_results=random.choice([None, 0, 0, 1, 30]),
            )
        )
    return found


def merges_of(random: Random) -> list[Merge]:
    start = random.choice(CHANGES).replace(tzinfo=UTC)
    times = [start + timedelta(minutes=random.randrange(3_000)) for _ in range(random.choice([0, 1, 3]))]
    return [Merge(random.choice(["v1", "v2"]), random.choice(["u1", "u2"]), at) for at in sorted(set(times))]


def write(events: Sequence[Event], path: Path) -> Path:
    head = "event_id type at visitor_id user_id item_id quantity price currency order_id".split()
    head += ["recommendation_id", "query", "n_results"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        for e in events:
            price = str(e.price).split() if e.price else ("", "")
            who = (e.visitor_id, e.user_id or "", e.item_id or "")
            found = "" if e.n_results is None else e.n_results
            more = (e.order_id or "", e.recommendation_id or "", e.query or "", found)
            row = (e.event_id, e.type.label, e.at.isoformat(), *who, e.quantity, *price, *more)
            writer.writerow(row)
    return path


@contextmanager
def shops(seed: int) -> Iterator[tuple[Random, DuckAnalytics, list[twins.Done]]]:
    """Give a shop that may have been asked before all was there, and what plain Python makes of its events."""
    random = Random(seed)
    events, merges, zone = events_of(random), merges_of(random), ZoneInfo(random.choice(ZONES))
    n_imported = random.choice([0, 0, 0, len(events) // 2])
    with TemporaryDirectory() as folder:
        history, live, known = SegmentStore(Path(folder) / "history"), MemoryEventStore(), MemoryMergeStore()
        catalog = MemoryCatalogStore()
        catalog.upsert(PRODUCTS)
        people, terms = MemoryPeopleStore(), FilePrivacy(Path(folder) / "privacy.toml")
        store = LayeredEvents(history, live)
        allowed = EventsAllowed(MergedEvents(store, known), people, terms, Purpose.ANALYSIS)
        analytics = DuckAnalytics(history, live, known, catalog, zone, allowed=allowed)
        if n_imported:
            path, later = write(events[:n_imported], Path(folder) / "log.csv"), datetime(2026, 1, 1, tzinfo=UTC)
            import_events(path, history, now=later, rejects_path=Path(folder) / "rejects.csv", max_rejects=0)
        store.append(events[n_imported : n_imported + 5])
        if random.random() < 0.3:
            analytics.rfm(Days())
        store.append(events[n_imported + 5 :])
        for merge in merges:
            known.add(merge)
        done = twins.log(events, known.all(), zone)
        share = random.choice([0, 0, 0.3])
        asked = [who for who in sorted({one.who for one in done}) if random.random() < share]
        is_yes = random.random() < 0.5
        if asked:
            people.add([replace(consent(who, who, granted=is_yes), purpose=Purpose.ANALYSIS) for who in asked])
            (Path(folder) / "privacy.toml").write_text(f"consent.analysis = '{'required' if is_yes else 'assumed'}'")
            done = [one for one in done if (one.who in asked) is is_yes or one.who.startswith(GUEST_PREFIX)]
        yield random, analytics, done


def days_of(random: Random) -> Days:
    ends = sorted(random.choice(CHANGES).date() + timedelta(random.randrange(-1, 4)) for _ in range(2))
    bounds: list[tuple[date | None, date | None]] = [(None, None), (ends[0], ends[1]), (ends[0], None), (None, ends[1])]
    return Days(*random.choice(bounds))


@given(seed=SEEDS)
@logs
def test_funnels(seed: int) -> None:
    with shops(seed) as (random, analytics, done):
        question = FunnelQuestion(
            steps=tuple(random.sample([*INTERACTIONS, EventType.REFUND], random.randrange(2, 4))),
            window_us=random.choice([0, 10, 500, 10**7]) * MINUTE_US,
            strict=random.random() < 0.5,
            by=random.choice([None, "category", "brand"]),
            days=days_of(random),
        )
        assert analytics.funnel(question) == twins.funnel(done, question, {one.item_id: one for one in PRODUCTS})


@given(seed=SEEDS)
@logs
def test_retention(seed: int) -> None:
    with shops(seed) as (random, analytics, done):
        question = RetentionQuestion(
            every=random.choice(["day", "week", "month"]),
            periods=random.randrange(1, 6),
            again=random.choice([INTERACTIONS, (EventType.PURCHASE,), (EventType.VIEW, EventType.IMPRESSION)]),
            days=days_of(random),
        )
        assert analytics.retention(question) == twins.retention(done, question)


@given(seed=SEEDS)
@logs
def test_rfm(seed: int) -> None:
    with shops(seed) as (random, analytics, done):
        days = days_of(random)
        found = analytics.rfm(days)
        assert (list(found.cells), found.currency) == twins.rfm(done, days)


@given(seed=SEEDS)
@logs
def test_pairs(seed: int) -> None:
    with shops(seed) as (random, analytics, done):
        days, least = days_of(random), random.randrange(1, 4)
        found = analytics.pairs(days, least=least)
        counts = (found.with_first, found.with_second, found.with_both, found.people)
        columns = zip(found.item_ids, *(one.tolist() for one in counts), strict=True)
        told = [(*pair, *rest) for pair, *rest in columns]
        assert (found.n_baskets, found.n_items, told) == twins.pairs(done, days, least)


@given(seed=SEEDS)
@logs
def test_what_lists_earned(seed: int) -> None:
    with shops(seed) as (random, analytics, done):
        question = EarnedQuestion(
            window_us=random.choice([0, 10, 500, 10**7]) * MINUTE_US,
            by=random.choice([("scenario",), ("scenario", "model"), ("scenario", "model", "version"), ("version",)]),
            days=days_of(random),
        )
        found, currency = analytics.earned(question)
        everything, *others = found
        assert everything.origin == ()
        expected, paid = twins.earned(done, question)
        assert (currency, everything) == (paid, expected[0])
        assert sorted(others, key=str) == sorted(expected[1:], key=str)


@given(seed=SEEDS)
@logs
def test_performance(seed: int) -> None:
    with shops(seed) as (random, analytics, done):
        question = PerformanceQuestion(
            by=random.choice(["item", "category", "brand"]),
            currency=random.choice([None, "EUR", "USD"]),
            days=days_of(random),
        )
        found, currency = analytics.performance(question)
        expected, paid = twins.performance(done, question, {one.item_id: one for one in PRODUCTS})
        assert currency == paid
        assert sorted(found, key=str) == sorted(expected, key=str)


@given(seed=SEEDS)
@logs
def test_paths(seed: int) -> None:
    with shops(seed) as (random, analytics, done):
        question = PathsQuestion(
            types=random.choice([tuple(EventType), INTERACTIONS, (EventType.VIEW, EventType.PURCHASE)]),
            by_category=random.random() < 0.5,
            length=random.randrange(1, 5),
            days=days_of(random),
        )
        least = random.randrange(1, 4)
        found = analytics.paths(question, least=least)
        *totals, ways = twins.paths(done, question, {one.item_id: one for one in PRODUCTS}, least)
        assert [found.visits, found.people] == totals
        assert sorted(found.ways, key=str) == sorted(ways, key=str)


@given(seed=SEEDS)
@logs
def test_searches(seed: int) -> None:
    with shops(seed) as (random, analytics, done):
        days, least = days_of(random), random.randrange(1, 4)
        found = analytics.searches(days, least=least)
        assert found[0].words is None
        assert sorted(found, key=str) == sorted(twins.searches(done, days, least), key=str)
