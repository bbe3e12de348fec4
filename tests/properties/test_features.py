"""Features know nothing of what comes after, and are the same numbers however they are asked for."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import log2
from zlib import crc32

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import INTERACTIONS, Event, EventType
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.money import Money
from shopkeeper.kit.words import GROUPS, words_of
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.features import COUNTED, NAMES, WINDOWS_DAYS, Moments, features
from shopkeeper.prediction.sessions import SESSION_NAMES, session_features
from shopkeeper.prediction.shown import shown_features

Features = Callable[[EventLog, Moments, NDArray[np.int32]], NDArray[np.float32]]
START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTES = 60 * 24 * 120
PEOPLE = "abcde"
SEARCHES = (None, None, "", "red shoes", "Shoes, RED", "手机壳", "red")
CATEGORIES = {"i1": 0, "i2": 1, "i3": 1, "i4": 2, "i5": -1, "new": 3}


def event(rng: Generator, number: int, minute: int | None = None) -> Event:
    # Few distinct moments in bursts: ties, sessions, and times that are exactly a window old.
    when = int(rng.integers(0, MINUTES // 720) * 720 + rng.integers(0, 4) * 15) if minute is None else minute
    item = None if rng.random() < 0.2 else f"i{rng.integers(1, 6)}"
    return Event(
        event_id=str(number),
        type=EventType(int(rng.integers(0, len(EventType)))),
        at=START + timedelta(minutes=when),
        visitor_id=PEOPLE[int(rng.integers(0, len(PEOPLE)))],
        item_id=item,
        quantity=int(rng.integers(1, 4)),
        price=None if item is None or rng.random() < 0.2 else Money(int(rng.integers(1, 5000)), "EUR"),
        query=SEARCHES[int(rng.integers(0, len(SEARCHES)))],
    )


def of_people(
    events: Sequence[Event], people: Sequence[str], as_of: datetime, of: Features = session_features
) -> NDArray[np.float32]:
    """Return the features of people, whom a log may not even know."""
    log = EventLog.of(events)
    categories = np.array([CATEGORIES[item] for item in log.items], np.int32)
    places = [int(log.users.indices([one])[0]) if one in log.users else len(log.users) for one in people]
    return of(log, Moments(np.array(places, np.int32), np.full(len(people), to_us(as_of))), categories)


def test_nothing_after_a_moment_changes_what_is_known_at_it() -> None:
    rng = np.random.default_rng(0)
    for _ in range(1000):
        events = [event(rng, number) for number in range(int(rng.integers(5, 60)))]
        cut = START + timedelta(minutes=int(rng.integers(0, MINUTES // 15) * 15))
        after = [e for e in events if e.at > cut]
        deleted = [e for e in events if e.at <= cut]
        changed = deleted + [
            replace(e, type=EventType.PURCHASE, item_id="new", price=Money(9, "EUR"), visitor_id="b") for e in after
        ]
        added = events + [replace(event(rng, 100 + n), at=cut + timedelta(microseconds=1 + n**9)) for n in range(9)]
        known = of_people(events, PEOPLE, cut).tobytes()
        assert [of_people(other, PEOPLE, cut).tobytes() for other in (deleted, changed, added)] == [known] * 3


def of_impressions(events: Sequence[Event], until: datetime) -> NDArray[np.float32]:
    """Return the features of the impressions up to a moment; a log knows products in an order of its own."""
    log = EventLog.of(events)
    told = Behaviour.of(log, {item: str(category) for item, category in CATEGORIES.items() if category >= 0})
    is_one = (log.type == EventType.IMPRESSION) & (log.item_idx >= 0) & (log.at <= to_us(until))
    return shown_features(told, log, np.flatnonzero(is_one))


def test_nothing_that_comes_with_or_after_an_impression_changes_what_is_known_at_it() -> None:
    rng = np.random.default_rng(4)
    n = 0
    for _ in range(1000):
        events = [event(rng, number) for number in range(int(rng.integers(5, 60)))]
        cut = START + timedelta(minutes=int(rng.integers(0, MINUTES // 15) * 15))
        deleted = [e for e in events if e.at <= cut]
        changed = deleted + [
            replace(e, type=EventType.CLICK, item_id="new", price=Money(9, "EUR"), visitor_id="b")
            for e in events
            if e.at > cut
        ]
        added = events + [replace(event(rng, 100 + n), at=cut + timedelta(microseconds=1 + n**9)) for n in range(9)]
        shown = [e for e in deleted if e.type is EventType.IMPRESSION and e.item_id]
        with_it = deleted + [
            replace(e, event_id=f"{e.event_id} then", type=EventType.CLICK)
            for e in shown
            if all(other.at <= e.at for other in shown)
        ]
        known = of_impressions(events, cut).tobytes()
        n += len(shown)
        assert [of_impressions(other, cut).tobytes() for other in (deleted, changed, added, with_it)] == [known] * 4
    assert n > 500


def test_numbers_of_impressions_are_those_of_a_loop() -> None:
    rng = np.random.default_rng(5)
    for _ in range(60):
        events = sorted((event(rng, number) for number in range(120)), key=lambda e: (e.visitor_id, e.at))
        shown = [e for e in events if e.type is EventType.IMPRESSION and e.item_id]
        for one, row in zip(shown, of_impressions(events, START + timedelta(minutes=MINUTES)), strict=True):
            before = [e for e in events if e.at < one.at]
            own = sorted((e for e in before if e.visitor_id == one.visitor_id), key=lambda e: e.at)
            person = by_loop(own, one.at - timedelta(microseconds=1))
            wanted = [person[name] for name in NAMES] + list(shown_by_loop(one, before, own, events, person).values())
            assert row.tolist() == pytest.approx([np.nan if v is None else v for v in wanted], rel=1e-4, nan_ok=True)


def shown_by_loop(
    one: Event,
    before: Sequence[Event],
    own: Sequence[Event],
    events: Sequence[Event],
    person: dict[str, float | None],
) -> dict[str, float | None]:
    """Return the same in the plainest way; `events` are in the order of the log."""
    last, day = one.at - timedelta(microseconds=1), timedelta(days=1)
    of_it = sorted((e for e in before if e.item_id == one.item_id), key=lambda e: (e.at, e.visitor_id))
    by_it = [e for e in own if e.item_id == one.item_id]
    counted = (EventType.IMPRESSION, EventType.CLICK, EventType.VIEW, EventType.CART, EventType.PURCHASE)

    def n(of: Sequence[Event], kind: EventType) -> int:
        return sum(e.type is kind for e in of)

    def ago(of: Sequence[Event]) -> float | None:
        return (last - of[-1].at) / day if of else None

    def over(a: float | None, b: float | None) -> float | None:
        return a / b if a is not None and b else None

    prices = [e.price.minor for e in of_it if e.price]
    price = prices[-1] if prices else None
    done = [CATEGORIES[e.item_id] for e in own if e.item_id and e.type in INTERACTIONS and CATEGORIES[e.item_id] >= 0]
    category = CATEGORIES[one.item_id or ""]
    shown = [e for e in events if e.type is EventType.IMPRESSION and e.visitor_id == one.visitor_id]
    earlier = shown[: next(k for k, e in enumerate(shown) if e is one)]
    of_week = [e for e in of_it if e.at > last - 7 * day]
    return {
        **{f"{kind.label}s of the product": n(of_it, kind) for kind in counted},
        **{f"{kind.label}s of the product, 7 days": n(of_week, kind) for kind in counted},
        "clicks an impression of the product": over(n(of_it, EventType.CLICK), n(of_it, EventType.IMPRESSION)),
        "purchases an impression of the product": over(n(of_it, EventType.PURCHASE), n(of_it, EventType.IMPRESSION)),
        "days since the product was first met": (last - of_it[0].at) / day if of_it else None,
        "price of the product": price,
        **{f"{kind.label}s of the product by the shopper": n(by_it, kind) for kind in counted},
        "days since it was shown to the shopper": ago([e for e in by_it if e.type is EventType.IMPRESSION]),
        "days since the shopper turned to it": ago([e for e in by_it if e.type in INTERACTIONS]),
        "share of its category in what the shopper did": over(done.count(category), len(done)),
        "impressions of the shopper": n(own, EventType.IMPRESSION),
        "clicks an impression of the shopper": over(n(own, EventType.CLICK), n(own, EventType.IMPRESSION)),
        "its price by the mean price viewed": over(price, person["mean price viewed"]),
        "shown in the minute before": sum(one.at - e.at <= timedelta(minutes=1) for e in earlier),
    }


def test_an_event_at_the_moment_itself_is_known() -> None:
    seen = Event(event_id="1", type=EventType.VIEW, at=START, visitor_id="a", item_id="i1")
    assert of_people([seen], "a", START)[0][NAMES.index("views")] == 1
    assert of_people([seen], "a", START - timedelta(microseconds=1))[0][NAMES.index("views")] == 0


def test_one_person_alone_gets_what_all_together_get() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        events, cut = [event(rng, number) for number in range(200)], START + timedelta(minutes=MINUTES // 2)
        together = of_people(events, PEOPLE, cut)
        alone = [of_people([e for e in events if e.visitor_id == person], person, cut)[0] for person in PEOPLE]
        assert np.array(alone).tobytes() == together.tobytes()


def test_numbers_are_those_of_a_loop_over_the_events() -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        events, cut = [event(rng, number) for number in range(80)], START + timedelta(minutes=MINUTES // 2)
        found = of_people(events, PEOPLE, cut)
        assert found[:, : len(NAMES)].tobytes() == of_people(events, PEOPLE, cut, features).tobytes()
        for person, row in zip(PEOPLE, found, strict=True):
            told = by_loop(
                sorted((e for e in events if e.visitor_id == person and e.at <= cut), key=lambda e: e.at), cut
            )
            assert list(told) == list(SESSION_NAMES)
            assert row.tolist() == pytest.approx(
                [np.nan if v is None else v for v in told.values()], rel=1e-5, nan_ok=True
            )


def by_loop(past: Sequence[Event], as_of: datetime) -> dict[str, float | None]:
    """Return the same in the plainest way."""
    day = timedelta(days=1)
    bought, viewed = ([e for e in past if e.type is kind] for kind in (EventType.PURCHASE, EventType.VIEW))
    items = [e.item_id for e in past if e.item_id]
    categories = [CATEGORIES[item] for item in items if CATEGORIES[item] >= 0]
    shares = [categories.count(c) / len(categories) for c in set(categories)]
    sessions: list[list[Event]] = []
    for e in past:
        if not sessions or e.at - sessions[-1][-1].at > timedelta(minutes=30):
            sessions.append([])
        sessions[-1].append(e)
    newest = sessions[-1] if sessions else []
    order_days = {e.at.date() for e in bought}

    def ago(events: Sequence[Event], place: int) -> float | None:
        return (as_of - events[place].at) / day if events else None

    def mean_price(events: Sequence[Event]) -> float | None:
        prices = [e.price.minor for e in events if e.price]
        return sum(prices) / len(prices) if prices else None

    told: dict[str, float | None] = {
        f"{kind.label}s, {days} days": sum(e.type is kind and as_of - e.at < days * day for e in past)
        for kind in COUNTED
        for days in WINDOWS_DAYS
    }
    told |= {f"{kind.label}s": sum(e.type is kind for e in past) for kind in COUNTED}
    return (
        told
        | {
            "days since the first event": ago(past, 0),
            "days since the newest event": ago(past, -1),
            "days since the newest cart": ago([e for e in past if e.type is EventType.CART], -1),
            "days since the newest purchase": ago(bought, -1),
            "days between purchases": (bought[-1].at - bought[0].at) / day / (len(order_days) - 1)
            if len(order_days) > 1
            else None,
            "active days": len({e.at.date() for e in past}),
            "spent": sum(e.price.minor * e.quantity for e in bought if e.price),
            "mean price bought": mean_price(bought),
            "mean price viewed": mean_price(viewed),
            "products": len(set(items)),
            "events a product": len(items) / len(set(items)) if items else None,
            "categories": len(set(categories)),
            "category entropy": -sum(share * log2(share) for share in shares),
            "sessions": len(sessions),
            "events a session": len(past) / len(sessions) if sessions else None,
            "events of the newest session": len(newest),
            "products of the newest session": len({e.item_id for e in newest if e.item_id}),
            "cart of the newest session": sum(
                (e.type is EventType.CART) - (e.type is EventType.UNCART) for e in newest
            ),
            "minutes of the newest session": (newest[-1].at - newest[0].at) / timedelta(minutes=1) if newest else None,
            "hour": as_of.hour,
            "weekday": as_of.weekday(),
        }
        | searched([e for e in past if as_of - e.at < 28 * day])
        | in_session(newest, past[: len(past) - len(newest)])
    )


def searched(lately: Sequence[Event]) -> dict[str, float | None]:
    groups = [{crc32(word.encode()) % GROUPS for word in words_of(e.query or "")} for e in lately]
    return {
        "different searches, 28 days": len({frozenset(found) for found in groups if found}),
        **{
            f"searches with words of group {group + 1}, 28 days": sum(group in found for found in groups)
            for group in range(GROUPS)
        },
    }


def in_session(own: Sequence[Event], before: Sequence[Event]) -> dict[str, float | None]:
    items = [e.item_id for e in own if e.item_id]

    def mean_price(kind: EventType) -> float | None:
        prices = [e.price.minor for e in own if e.type is kind and e.price]
        return sum(prices) / len(prices) if prices else None

    return {
        "views of the newest session": sum(e.type is EventType.VIEW for e in own),
        "purchases of the newest session": sum(e.type is EventType.PURCHASE for e in own),
        "searchs of the newest session": sum(e.type is EventType.SEARCH for e in own),
        "clicks of the newest session": sum(e.type is EventType.CLICK for e in own),
        "seconds between its events": (own[-1].at - own[0].at).total_seconds() / (len(own) - 1) if own[1:] else None,
        "categories of the newest session": len({CATEGORIES[item] for item in items if CATEGORIES[item] >= 0}),
        "events of the product met most in it": max((items.count(item) for item in items), default=0),
        "mean price viewed in it": mean_price(EventType.VIEW),
        "mean price put in the cart in it": mean_price(EventType.CART),
        "products of it that were known before": len(set(items) & {e.item_id for e in before}),
        "days from the session before to it": (own[0].at - before[-1].at) / timedelta(days=1) if before else None,
    }


def test_categories_of_other_products_are_refused() -> None:
    log = EventLog.of([Event(event_id="1", type=EventType.VIEW, at=START, visitor_id="a", item_id="i1")])
    with pytest.raises(InvalidInput, match="1 products in the log, but categories of 2"):
        features(log, Moments(np.array([0], np.int32), np.array([to_us(START)])), np.zeros(2, np.int32))
