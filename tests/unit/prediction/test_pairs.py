"""What is known of a person and a product together, by hand and without the future."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.clock import to_us
from shopkeeper.prediction.pairs import PAIR_NAMES, Pairs, pair_features
from tests.unit.prediction.shops import day, otherwise_after, shop

START = datetime(2026, 1, 1, tzinfo=UTC)


def event(who: str, what: str, days: float, kind: EventType = EventType.VIEW) -> Event:
    at = START + timedelta(days=days)
    return Event(event_id=f"{who}{what}{days}{kind}", type=kind, at=at, visitor_id=who, item_id=what)


def test_an_example_by_hand() -> None:
    log = EventLog.of(
        [
            event("a", "x", 0), event("a", "x", 9), event("a", "y", 9.5), event("a", "x", 9.6, EventType.PURCHASE),
            event("b", "x", 5), event("b", "y", 11),
        ]
    )  # fmt: skip
    x, y = log.items.indices(["x", "y"])
    pairs = Pairs(np.array([0, 1], np.int32), np.array([x, y], np.int32))
    known, new = (
        dict(zip(PAIR_NAMES, row, strict=True)) for row in pair_features(log, pairs, to_us(START + timedelta(days=10)))
    )
    told = {
        "views": 2, "views, 7 days": 1, "purchases": 1, "active days": 2, "days since the newest purchase": 0.4,
        "share of the person's views": 2 / 3, "share of the person's purchases": 1, "person's purchases a view": 1 / 3,
        "product's views, 28 days": 3, "product's people": 2, "product's purchases a person": 0.5,
        "views an active day": 1,
    }  # fmt: skip
    assert {name: known[name] for name in told} == pytest.approx(told)
    assert new["views"] == 0  # that of day 11 is not known
    assert new["share of the person's views"] == 0
    assert new["product's people"] == 1
    assert np.isnan(new["views an active day"])


def test_what_comes_later_changes_nothing_and_one_pair_is_told_as_all_are() -> None:
    log, moment = shop(n_users=60), to_us(day(120))
    rng = np.random.default_rng(0)
    pairs = Pairs(rng.integers(0, 60, 200).astype(np.int32), rng.integers(0, 9, 200).astype(np.int32))
    all_of_them = pair_features(log, pairs, moment)
    assert np.array_equal(pair_features(otherwise_after(log, day(120)), pairs, moment), all_of_them, equal_nan=True)
    one = pair_features(log, Pairs(pairs.user_idx[7:8], pairs.item_idx[7:8]), moment)
    assert np.array_equal(one, all_of_them[7:8], equal_nan=True)
