from datetime import UTC, datetime

from shopkeeper.adapters.files.remembered import Remembered
from shopkeeper.data.events import Event, EventType


def events(number: int) -> list[Event]:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [Event(event_id=f"{n}", type=EventType.VIEW, at=at, visitor_id="v", item_id="a") for n in range(number)]


def test_forgets_whom_nobody_asked_for_the_longest() -> None:
    remembered = Remembered[Event](most=5)
    remembered.put("a", events(2))
    remembered.put("b", events(2))
    assert remembered.get("a") == events(2)
    remembered.put("c", events(3))
    assert [remembered.get(key) is None for key in "abc"] == [False, True, False]


def test_one_that_is_too_long_is_not_kept() -> None:
    remembered = Remembered[Event](most=5)
    remembered.put("a", events(6))
    assert remembered.get("a") is None


def test_a_new_history_takes_the_place_of_the_old() -> None:
    remembered = Remembered[Event](most=5)
    for number in (4, 3, 4):
        remembered.put("a", events(number))
    assert remembered.get("a") == events(4)


def test_strangers_are_remembered_too() -> None:
    remembered = Remembered[Event](most=2)
    for key in "abc":
        remembered.put(key, [])
    assert [remembered.get(key) for key in "abc"] == [None, [], []]
