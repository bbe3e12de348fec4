"""What one person did with products, as columns: all that models, filters and predictions read of it."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from shopkeeper.data.events import Event
from shopkeeper.kit.clock import to_us


@dataclass(frozen=True, slots=True)
class Trail:
    """Events of one person, oldest first, a tuple for each column."""

    item_id: Sequence[str | None] = ()
    type: Sequence[int] = ()
    """EventType."""
    at_us: Sequence[int] = ()
    """Microseconds since 1970-01-01 UTC."""
    quantity: Sequence[int] = ()
    rating: Sequence[float | None] = ()
    price_minor: Sequence[int | None] = ()
    """Of one, in minor units."""
    query: Sequence[str | None] = ()
    """What was searched for."""

    def __len__(self) -> int:
        return len(self.at_us)

    @classmethod
    def of_rows(cls, rows: Iterable[Sequence[object]]) -> "Trail":
        """Return the trail of rows that hold the columns in this order."""
        return cls(*zip(*rows, strict=True))

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Trail":
        """Return the trail of events, oldest first."""
        return cls.of_rows(
            (e.item_id, int(e.type), to_us(e.at), e.quantity, e.rating, e.price.minor if e.price else None, e.query)
            for e in events
        )

    def after(self, at: datetime | None) -> "Trail":
        """Return what was done after a moment; all of it where there is none."""
        if at is None or not len(self):
            return self
        first = bisect_right(self.at_us, to_us(at))
        return Trail.of_rows(list(self.rows())[first:]) if first else self

    def then(self, later: "Trail") -> "Trail":
        """Return both, one after the other."""
        if not len(self) or not len(later):
            return later if not len(self) else self
        return Trail.of_rows([*self.rows(), *later.rows()])

    def rows(self) -> Iterable[Sequence[object]]:
        """Return the events one by one."""
        columns = (self.item_id, self.type, self.at_us, self.quantity, self.rating, self.price_minor, self.query)
        return zip(*columns, strict=True)

    def merged(self, other: "Trail", limit: int) -> "Trail":
        """Return the newest `limit` events of both, oldest first; what happened at once, this one's first."""
        both = self.then(other)
        if not len(self) or not len(other):
            return both
        order = np.argsort(np.array(both.at_us, np.int64), kind="stable")
        rows = list(both.rows())
        return Trail.of_rows(rows[place] for place in (order[-limit:] if limit else order[:0]))
