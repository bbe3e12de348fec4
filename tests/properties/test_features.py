"""Features know nothing of what comes after, and are the same numbers however they are asked for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import log2

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.money import Money
from shopkeeper.prediction.features import COUNTED, NAMES, WINDOWS_DAYS, Moments, features

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTES = 60 * 24 * 120
PEOPLE = "abcde"
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
    )


def of_people(events: Sequence[Event], people: Sequence[str], as_of: datetime) -> NDArray[np.float32]:
    """Return the features of people, whom a log may not even know."""
    log = EventLog.of(events)
    known = [person for person in people if person in log.users]
    moments = Moments(log.users.indices(known), np.full(len(known), to_us(as_of)))
    rows = features(log, moments, np.array([CATEGORIES[item] for item in log.items], np.int32))
    found = dict(zip(known, rows, strict=True))
    nobody = features(log, Moments(np.array([len(log.users)], np.int32), np.array([to_us(as_of)])))[0]
    return np.array([found.get(person, nobody) for person in people])


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
        for person, row in zip(PEOPLE, found, strict=True):
            told = by_loop(
                sorted((e for e in events if e.visitor_id == person and e.at <= cut), key=lambda e: e.at), cut
            )
            assert list(told) == list(NAMES)
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
    return told | {
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
        "cart of the newest session": sum((e.type is EventType.CART) - (e.type is EventType.UNCART) for e in newest),
        "minutes of the newest session": (newest[-1].at - newest[0].at) / timedelta(minutes=1) if newest else None,
        "hour": as_of.hour,
        "weekday": as_of.weekday(),
    }


def test_categories_of_other_products_are_refused() -> None:
    log = EventLog.of([Event(event_id="1", type=EventType.VIEW, at=START, visitor_id="a", item_id="i1")])
    with pytest.raises(InvalidInput, match="1 products in the log, but categories of 2"):
        features(log, Moments(np.array([0], np.int32), np.array([to_us(START)])), np.zeros(2, np.int32))
