"""Remove what was kept long enough."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shopkeeper.data.retention import Retention
from shopkeeper.estimator import Progress
from shopkeeper.kit.clock import Clock
from shopkeeper.ports.people import EventPlace

EVERY = timedelta(days=7)
"""Parts of the history are written anew for it: not each day."""


@dataclass(slots=True)
class KeepNoLonger:
    """A `Job` that removes old events and files each week; models forget them with their next fit."""

    retention: Retention
    places: Sequence[EventPlace]
    expire_files: Callable[[datetime], int]
    leave_no_trace: Callable[[], None]
    clock: Clock
    name: str = "retention"
    _done_at: datetime | None = None

    def run(self, on_progress: Progress) -> str:
        """Remove what is old, if a week has passed; return how much that was."""
        now = self.clock()
        if self._done_at and now - self._done_at < EVERY:
            return ""
        n_events = n_files = 0
        if before := self.retention.before(now):
            for place in self.places:
                on_progress(0.0)
                n_events += place.expire(before)
        if self.retention.files_days is not None:
            n_files = self.expire_files(now - timedelta(days=self.retention.files_days))
        if n_events:
            self.leave_no_trace()
        self._done_at = now
        told = ((n_events, "events"), (n_files, "import files"))
        done = " and ".join(f"{n:,} {what}" for n, what in told if n)
        return f"{done} removed that were kept long enough" if done else ""
