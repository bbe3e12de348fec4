"""A shop whose customers live by known rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.clock import to_us
from shopkeeper.prediction.behaviour import Behaviour

START = datetime(2026, 1, 1, tzinfo=UTC)
CATEGORIES = ("Books", "Games", "Music")
N_ITEMS = 9
EVENING = START + timedelta(days=35, hours=19, minutes=45)
"""When some are about in the shop of `visits`."""


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def shop(n_users: int = 1500, days: int = 240, seed: int = 0) -> EventLog:
    """Return a log in which one of three comes about weekly and often buys, one monthly and seldom, one fell silent.

    Everybody goes from one category to the next in turn, nine times of ten.
    """
    rng = np.random.default_rng(seed)
    who, at, kind, item = [], [], [], []
    for user in range(n_users):
        gap, buys = ((7, 0.6), (30, 0.15), (7, 0.6))[user % 3]
        end, when, category = (days, days, 60)[user % 3], rng.uniform(0, 20), int(rng.integers(3))
        while when < end:
            category = (category + 1) % 3 if rng.random() < 0.9 else int(rng.integers(3))
            for what in (EventType.VIEW, *([EventType.PURCHASE] if rng.random() < buys else [])):
                who.append(user)
                at.append(to_us(day(when)))
                kind.append(what)
                item.append(3 * category + int(rng.integers(3)))
            when += rng.exponential(gap)
    log = EventLog(
        users=Vocabulary(f"u{user:05}" for user in range(n_users)),
        items=Vocabulary(f"i{number}" for number in range(N_ITEMS)),
        user_idx=np.array(who, np.int32),
        item_idx=np.array(item, np.int32),
        type=np.array(kind, np.int8),
        at=np.array(at, np.int64),
        quantity=np.ones(len(at), np.float32),
        rating=np.full(len(at), np.nan, np.float32),
        price_minor=np.full(len(at), 1500, np.int64),
        words=np.zeros(len(at), np.int32),
        of_page=np.zeros(len(at), np.bool_),
    )
    return log.take(np.lexsort((log.at, log.user_idx)))


def told(log: EventLog) -> Behaviour:
    return Behaviour.of(log, {f"i{number}": CATEGORIES[number // 3] for number in range(N_ITEMS)})


def otherwise_after(log: EventLog, when: datetime) -> EventLog:
    """Return a log in which after a moment everybody bought something else at another price, or nothing."""
    later = log.at > to_us(when)
    changed = replace(
        log,
        type=np.where(later, EventType.PURCHASE, log.type).astype(np.int8),
        item_idx=np.where(later, 8 - log.item_idx, log.item_idx),
        price_minor=np.where(later, 7, log.price_minor),
    )
    return changed.take(~later | (np.arange(len(log)) % 3 > 0))


def visits(n_visitors: int = 1200, days: int = 40, seed: int = 0) -> EventLog:
    """Return a log of evening visits, most by nobody known for long, each of some looks, at most one cart and purchase.

    After each look three products are shown; those of the category that a visitor came for are clicked six times as
    often. Of who fills a cart, two of three buy three minutes later; nobody buys without a cart.
    """
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, float, EventType, int]] = []
    for visitor in range(n_visitors):
        likes = int(rng.integers(3))
        for number in np.flatnonzero(rng.random(days) < 0.15):
            minute = number * 1440 + 19 * 60 + rng.uniform(0, 60)
            for _ in range(int(rng.integers(1, 6))):
                item = 3 * likes + int(rng.integers(3))
                rows.append((visitor, minute, EventType.VIEW, item))
                shown = rng.choice(N_ITEMS, 3, replace=False).tolist()
                rows += [(visitor, minute + 0.1, EventType.IMPRESSION, one) for one in shown]
                clicked = [one for one in shown if rng.random() < (0.3 if one // 3 == likes else 0.05)]
                rows += [(visitor, minute + 0.3, EventType.CLICK, one) for one in clicked]
                minute += rng.uniform(1, 5)
                if rng.random() < 0.2:
                    rows.append((visitor, minute, EventType.CART, item))
                    minute += 3
                    if rng.random() < 2 / 3:
                        rows.append((visitor, minute, EventType.PURCHASE, item))
                    break
    who, minutes, kind, items = zip(*rows, strict=True)
    log = EventLog(
        users=Vocabulary(f"v{visitor:05}" for visitor in range(n_visitors)),
        items=Vocabulary(f"i{number}" for number in range(N_ITEMS)),
        user_idx=np.array(who, np.int32),
        item_idx=np.array(items, np.int32),
        type=np.array(kind, np.int8),
        at=to_us(START) + (np.array(minutes) * 60e6).astype(np.int64),
        quantity=np.ones(len(rows), np.float32),
        rating=np.full(len(rows), np.nan, np.float32),
        price_minor=1000 + 100 * np.array(items, np.int64),
        words=np.zeros(len(rows), np.int32),
        of_page=np.zeros(len(rows), np.bool_),
    )
    return log.take(np.lexsort((log.at, log.user_idx)))
