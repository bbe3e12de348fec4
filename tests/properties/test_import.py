"""Whatever a file holds, the store holds it once, in order, and reads it back as it was."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.adapters.files import SegmentStore, import_events
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.money import Money

NOW = datetime(2026, 1, 1, tzinfo=UTC)
# Ids as shops have them: any text but control characters and the spaces that are trimmed from the ends.
IDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=5)
EVENTS = st.builds(
    Event,
    event_id=IDS,
    type=st.sampled_from(EventType),
    at=st.datetimes(datetime(1999, 1, 1), datetime(2025, 12, 31)).map(lambda at: at.replace(tzinfo=UTC)),
    visitor_id=IDS,
    user_id=st.none() | st.sampled_from(["u1", "u2", "ü"]),
    item_id=IDS,
    quantity=st.integers(1, 1000),
    price=st.none() | st.builds(Money, st.integers(0, 10**9), st.sampled_from(["EUR", "JPY", "KWD"])),
    rating=st.none() | st.integers(0, 10).map(lambda half: half / 2),
    query=st.none() | IDS,
)


def write(events: list[Event], path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            (
                "event_id",
                "type",
                "at",
                "visitor_id",
                "user_id",
                "item_id",
                "quantity",
                "price",
                "currency",
                "rating",
                "query",
            )
        )
        for e in events:
            price = ("", "") if e.price is None else str(e.price).replace(",", "").split()
            person = (e.visitor_id, e.user_id or "", e.item_id)
            writer.writerow(
                (e.event_id, e.type.label, e.at.isoformat(), *person, e.quantity, *price, e.rating, e.query)
            )
    return path


@given(events=st.lists(EVENTS, min_size=1, max_size=30), cut=st.integers(0, 30))
@settings(max_examples=25, deadline=None)
def test_two_overlapping_files_are_stored_once_and_read_back(events: list[Event], cut: int) -> None:
    with TemporaryDirectory() as folder:
        store = SegmentStore(Path(folder) / "history")
        for part in (events[: cut + 1], events):
            path = write(part, Path(folder) / "log.csv")
            import_events(path, store, now=NOW + timedelta(1), rejects_path=Path(folder) / "rejects.csv", max_rejects=0)
        first = {event.event_id: event for event in reversed(events)}
        kept = [
            event for place, event in enumerate(events) if event.event_id not in {e.event_id for e in events[:place]}
        ]
        stored = {event.event_id: event for who in store.log().users for event in store.history(who)}
        assert stored == first
        log, expected = store.log(), EventLog.of(kept)
        assert (log.users, log.items) == (expected.users, expected.items)
        assert log.at.tolist() == expected.at.tolist()
        assert log.item_idx.tolist() == expected.item_idx.tolist()
        assert log.price_minor.tolist() == expected.price_minor.tolist()
