from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from shopkeeper.adapters.memory import MemoryEventStore, MemoryMergeStore
from shopkeeper.adapters.merged import MergedEvents
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.merges import Merge, merged

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
PEOPLE = ("u1", "u2", "v1", "v2", "v3")


def event(place: int, visitor: str, user: str | None, minutes: int) -> Event:
    at = NOON + timedelta(minutes=minutes)
    return Event(event_id=f"{place}", type=EventType.VIEW, at=at, visitor_id=visitor, user_id=user, item_id=f"i{place}")


EVENTS = st.lists(
    st.tuples(st.sampled_from(PEOPLE[2:]), st.sampled_from([None, *PEOPLE[:2]]), st.integers(0, 20)), max_size=12
).map(lambda rows: [event(place, *row) for place, row in enumerate(rows)])
MERGES = st.lists(
    st.tuples(st.sampled_from(PEOPLE[2:]), st.sampled_from(PEOPLE[:2]), st.integers(0, 20)).map(
        lambda row: Merge(row[0], row[1], NOON + timedelta(minutes=row[2]))
    ),
    max_size=5,
    unique_by=lambda merge: (merge.visitor_id, merge.at),
)


def owner(one: Event, merges: list[Merge]) -> str:
    """Whose an event is, by the definition: of the first merge of its visitor that is not before it."""
    if one.user_id:
        return one.user_id
    later = [merge for merge in merges if merge.visitor_id == one.visitor_id and merge.at >= one.at]
    return min(later, key=lambda merge: merge.at).user_id if later else one.visitor_id


@given(events=EVENTS, merges=MERGES)
@example(
    events=[event(0, "v2", None, 0)],
    merges=[Merge("v2", user, NOON + timedelta(minutes=at)) for user, at in (("u1", 0), ("u1", 2), ("u2", 1))],
)
def test_histories_and_the_log_say_whose_each_event_is(events: list[Event], merges: list[Merge]) -> None:
    inner, known = MemoryEventStore(), MemoryMergeStore()
    store = MergedEvents(inner, known)
    store.append(events)
    for merge in merges:
        known.add(merge)
    expected = {person: {one.event_id for one in events if owner(one, merges) == person} for person in PEOPLE}
    assert {person: {one.event_id for one in store.history(person)} for person in PEOPLE} == expected
    log = merged(inner.log(), known.all())
    told = {person: set[str]() for person in PEOPLE}
    for user_idx, item_idx in zip(log.user_idx, log.item_idx, strict=True):
        told[log.users[user_idx]].add(log.items[item_idx].removeprefix("i"))
    assert told == expected
    assert set(log.users) == {person for person, own in expected.items() if own}
