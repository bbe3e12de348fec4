"""History and live events are one store."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shopkeeper.adapters.files import SegmentStore, import_events
from shopkeeper.adapters.layered import LayeredEvents
from shopkeeper.adapters.memory import MemoryEventStore
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType

START = datetime(2024, 1, 1, tzinfo=UTC)


def event(id_: str, who: str, item: str, hours: int) -> Event:
    return Event(
        event_id=id_, type=EventType.VIEW, at=START + timedelta(hours=hours), visitor_id=who, user_id=who, item_id=item
    )


def shop(tmp_path: Path, imported: Sequence[Event]) -> LayeredEvents:
    rows = [f"{e.event_id},{e.type.label},{e.at.isoformat()},{e.user_id},{e.item_id}\n" for e in imported]
    path = tmp_path / "log.csv"
    path.write_text("event_id,type,at,user_id,item_id\n" + "".join(rows))
    history = SegmentStore(tmp_path / "history")
    import_events(path, history, now=START + timedelta(days=9), rejects_path=tmp_path / "rejects.csv")
    return LayeredEvents(history, MemoryEventStore())


def test_an_event_that_was_imported_is_not_stored_again(tmp_path: Path) -> None:
    events = shop(tmp_path, [event("a", "u1", "i1", 0)])
    assert events.append([event("b", "u1", "i2", 1), event("a", "u1", "i1", 0), event("b", "u1", "i2", 1)]) == [
        True,
        False,
        False,
    ]
    assert (events.count(), events.known_ids(["a", "b", "c"])) == (2, {"a", "b"})


def test_reading_mixes_both_layers_in_time_order(tmp_path: Path) -> None:
    imported = [event("a", "u1", "i1", 0), event("b", "u1", "i2", 4), event("c", "u2", "i1", 1)]
    live = [event("d", "u1", "i0", 2), event("e", "u0", "i3", 0)]
    events = shop(tmp_path, imported)
    events.append(live)
    assert [one.event_id for one in events.history("u1")] == ["a", "d", "b"]
    assert [one.event_id for one in events.history("u1", limit=2)] == ["d", "b"]
    assert events.shoppers(limit=2) == [("u1", 3), ("u0", 1)]
    whole, expected = events.log(), EventLog.of([*imported, *live])
    assert (whole.users, whole.items) == (expected.users, expected.items)
    assert whole.user_idx.tolist() == expected.user_idx.tolist()
    assert whole.item_idx.tolist() == expected.item_idx.tolist()
    assert whole.at.tolist() == expected.at.tolist()
