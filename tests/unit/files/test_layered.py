"""History and live events are one store."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shopkeeper.adapters.files import ImportSummary, SegmentStore, import_events
from shopkeeper.adapters.layered import LayeredEvents
from shopkeeper.adapters.memory import MemoryEventStore
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType

START = datetime(2024, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=9)


def event(id_: str, who: str, item: str, hours: int) -> Event:
    return Event(
        event_id=id_, type=EventType.VIEW, at=START + timedelta(hours=hours), visitor_id=who, user_id=who, item_id=item
    )


def written(tmp_path: Path, events: Sequence[Event]) -> Path:
    rows = [f"{e.event_id},{e.type.label},{e.at.isoformat()},{e.user_id},{e.item_id}\n" for e in events]
    path = tmp_path / "log.csv"
    path.write_text("event_id,type,at,user_id,item_id\n" + "".join(rows))
    return path


def shop(tmp_path: Path, imported: Sequence[Event]) -> LayeredEvents:
    history = SegmentStore(tmp_path / "history")
    import_events(written(tmp_path, imported), history, now=NOW, rejects_path=tmp_path / "rejects.csv")
    return LayeredEvents(history, MemoryEventStore())


def test_an_event_that_was_imported_is_not_stored_again(tmp_path: Path) -> None:
    events = shop(tmp_path, [event("a", "u1", "i1", 0)])
    assert events.append([event("b", "u1", "i2", 1), event("a", "u1", "i1", 0), event("b", "u1", "i2", 1)]) == [
        True,
        False,
        False,
    ]
    assert (events.count(), events.known_ids(["a", "b", "c"])) == (2, {"a", "b"})


def test_what_is_imported_while_it_is_posted_is_one_event(tmp_path: Path) -> None:
    given, history = [event("a", "u1", "i1", 0)], SegmentStore(tmp_path / "history")
    file, rejects = written(tmp_path, given), tmp_path / "rejects.csv"

    class Slow(MemoryEventStore):
        """Leaves an import all the time it needs between the look into the history and the append."""

        def append(self, events: Sequence[Event]) -> list[bool]:
            future = pool.submit(import_events, file, history, live=self, now=NOW, rejects_path=rejects)
            wait([future], timeout=1)
            importing.append(future)
            return super().append(events)

    importing: list[Future[ImportSummary]] = []
    with ThreadPoolExecutor(1) as pool:
        events = LayeredEvents(history, Slow())
        assert events.append(given) == [True]
    assert (importing[0].result().duplicate, events.count()) == (1, 1)


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
