"""A folder that files of behaviour are dropped into."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shopkeeper.adapters.files import import_events
from shopkeeper.adapters.files.segments import SegmentStore
from shopkeeper.estimator import Progress
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.ports import LiveEventStore

_STILL = timedelta(seconds=10)
"""A file that changed since is still being written."""


@dataclass(slots=True)
class Inbox:
    """A `Job` that imports what lies in a folder, and moves each file to `done` or, with the reason, `refused`.

    Hidden files, and those that changed just now, are left for later. A file that was imported when the process ended
    and had not been moved is imported again, which adds nothing.
    """

    folder: Path
    history: SegmentStore
    live: LiveEventStore
    rejects: Path
    """Folder of the rows that cannot be events."""
    clock: Clock
    name: str = "inbox"

    def run(self, on_progress: Progress) -> str:
        """Import all files that wait, one by one; return what became of each."""
        self.folder.mkdir(parents=True, exist_ok=True)
        now = self.clock()
        still = (now - _STILL).timestamp()
        waiting = [file for file in sorted(self.folder.iterdir()) if file.is_file() and not file.name.startswith(".")]
        told = [self._take(file, now, on_progress) for file in waiting if file.stat().st_mtime <= still]
        return "; ".join(told)

    def _take(self, file: Path, now: datetime, on_progress: Progress) -> str:
        try:
            summary = import_events(
                file,
                self.history,
                now=now,
                live=self.live,
                rejects_path=self.rejects / f"{file.name}.csv",
                on_progress=on_progress,
            )
        except InvalidInput as error:
            refused = self._put(file, "refused", now)
            refused.with_name(f"{refused.name}.reason.txt").write_text(f"{error}\n", encoding="utf-8")
            return f"{file.name} was refused: {error}"
        self._put(file, "done", now)
        rest = f"{summary.duplicate:,} were there before, {summary.rejected:,} rows rejected"
        return f"{summary.accepted:,} events from {file.name}, {rest}"

    def _put(self, file: Path, where: str, now: datetime) -> Path:
        target = self.folder / where / f"{now:%Y%m%dT%H%M%S}-{file.name}"
        target.parent.mkdir(exist_ok=True)
        return file.replace(target)
