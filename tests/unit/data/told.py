"""Events in a line each."""

from datetime import timedelta
from itertools import count

from shopkeeper.data.events import PAGE_PREFIX, Event, EventType
from shopkeeper.testing.contract_suite import NOW

_numbers = count()


def told(who: str, kind: EventType, *, item: str = "i", days: float = 0.0, page: bool = False) -> Event:
    """Return what somebody did so many days ago."""
    event_id = f"{PAGE_PREFIX if page else ''}{next(_numbers)}"
    return Event(event_id=event_id, type=kind, at=NOW - timedelta(days=days), visitor_id=who, item_id=item)
