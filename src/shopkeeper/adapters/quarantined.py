"""Events of those from whom something may be learned: the others stay stored, and are not read."""

from shopkeeper.data.eventlog import EventLog
from shopkeeper.ports import EventStore
from shopkeeper.ports.quarantine import QuarantineStore


class WithoutQuarantined:
    """The log of a store of events, without those whom the quarantine holds now."""

    def __init__(self, events: EventStore, quarantine: QuarantineStore) -> None:
        self._events, self._quarantine = events, quarantine

    def log(self) -> EventLog:
        """Return what the others did as columns; who is released is in the next one again."""
        return self._events.log().without({case.shopper_id for case in self._quarantine.all() if case.is_held})

    def count(self) -> int:
        """Return the number of all events, quickly."""
        return self._events.count()
