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
