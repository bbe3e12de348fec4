"""A small shop, attacked in every way; the figures of a larger one are in benchmarks/quality/poisoning.py."""

import numpy as np
import pytest

from shopkeeper import models
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.data.fakes import FakeFinder
from shopkeeper.data.items import Exclude
from shopkeeper.data.trust import Trust
from shopkeeper.testing.poison import ATTACKS, FAKE, Attack, Poison
from tests.unit.data.told import told

N_ITEMS, N_PEOPLE, TARGET = 200, 400, 150


def shop(seed: int = 0) -> EventLog:
    """Return customers who came over a year, one after the other, and come again now and then."""
    rng = np.random.default_rng(seed)
    taste = 1 / (3 + np.arange(N_ITEMS))
    return EventLog.of(
        [
            told(f"u{person:03}", EventType.VIEW, item=f"i{item:03}", days=float(rng.uniform(0, came)), page=True)
            for person, came in enumerate(np.linspace(365, 0, N_PEOPLE))
            for item in rng.choice(N_ITEMS, 15, p=taste / taste.sum())
        ]
    )


def exposure(log: EventLog, model: str, *, trusted: bool = True) -> int:
    """Return how many of those who are no fakes have the target among their first five."""
    data = Dataset.from_log(log, trust=Trust().of_events(log) if trusted else None)
    best = models.create(model).fit(data).top_n(data.histories, 5, Exclude()).item_idx
    is_listed = (best == data.items.index(f"i{TARGET}")).any(axis=1)
    return sum(bool(listed) and not user.startswith(FAKE) for user, listed in zip(data.users, is_listed, strict=True))


def found(log: EventLog) -> set[str]:
    return {suspect.shopper_id for suspect in FakeFinder().find(log)}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("share", [0.02, 0.03])
def test_fakes_are_found_and_others_left_alone(attack: Attack, share: float) -> None:
    log = Poison(attack, share, EventType.VIEW).into(shop(), TARGET, np.random.default_rng(1))
    fakes = {user for user in log.users if user.startswith(FAKE)}
    assert len(found(log) & fakes) >= 0.9 * len(fakes)
    assert len(found(log) - fakes) <= 0.01 * N_PEOPLE


@pytest.mark.parametrize("seed", range(5))
def test_nobody_is_found_where_nobody_attacks(seed: int) -> None:
    assert len(found(shop(seed))) <= 0.01 * N_PEOPLE


@pytest.mark.parametrize("model", ["trending", "popularity", "user_knn"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_target_gains_next_to_nothing(attack: Attack, model: str) -> None:
    log = shop()
    worse = Poison(attack, 0.03, EventType.VIEW).into(log, TARGET, np.random.default_rng(1))
    assert exposure(worse.without(found(worse)), model) <= 2 * (exposure(log, model) + 1)


def test_a_target_gains_much_where_everybody_is_believed() -> None:
    log = shop()
    worse = Poison("random", 0.03, EventType.VIEW).into(log, TARGET, np.random.default_rng(1))
    assert exposure(log, "trending", trusted=False) == 0
    assert exposure(worse, "trending", trusted=False) > 0.9 * N_PEOPLE


def test_a_launch_is_no_attack() -> None:
    """What old customers take as well is not lifted by new ones."""
    log, rng = shop(), np.random.default_rng(2)
    old = [(f"u{person:03}", float(rng.uniform(0, 10))) for person in range(0, 380, 3)]
    new = [(f"u{person:03}", 0.0) for person in range(380, N_PEOPLE, 2)]
    launch = EventLog.of([told(who, EventType.VIEW, item="i199", days=days) for who, days in [*old, *new]])
    assert not found(EventLog.merged(log, launch))


def quiet_shop(*, new: int, share: float) -> EventLog:
    """Return a shop of two new people in three weeks, three of ten of whom take the target; and then some more come."""
    rng = np.random.default_rng(0)
    old = [(f"u{person:03}", came, 0.3) for person, came in enumerate(np.linspace(1000, 30, 100))]
    people = [*old, *((f"{FAKE}{person:03}", rng.uniform(0, 10), share) for person in range(new))]
    return EventLog.of(
        [
            told(who, EventType.VIEW, item=f"i{item:03}", days=float(rng.uniform(0, came)))
            for who, came, taken_by in people
            for item in [*rng.choice(TARGET, 5, replace=False), *([TARGET] if rng.random() < taken_by else [])]
        ]
    )


def test_what_many_take_by_now_can_be_lifted_still() -> None:
    assert len(found(quiet_shop(new=9, share=1.0))) == 9


def test_a_campaign_that_brings_many_customers_is_no_attack() -> None:
    assert not found(quiet_shop(new=60, share=0.35))


def test_who_is_a_suspect_is_told_with_what_they_lifted() -> None:
    worse = Poison("random", 0.03, EventType.VIEW).into(shop(), TARGET, np.random.default_rng(1))
    suspect = FakeFinder().find(worse)[0]
    assert suspect.item_ids[0] == "i150"
    assert suspect.people >= 12
    assert suspect.expected < 3


def test_an_empty_log_has_no_fakes() -> None:
    assert not FakeFinder().find(EventLog.of([]))
