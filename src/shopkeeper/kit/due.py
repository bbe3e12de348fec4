"""When something that is made again and again is due."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(slots=True)
class Due:
    """Tells when what was made is old, or what it is made from has grown much since."""

    every: timedelta
    after: int
    """So many more; where there were fewer before, as many as there were: what is young learns with each doubling."""
    _counted: int | None = None
    """How many there were at the last try, or at the first look."""
    _tried_at: datetime | None = None

    def is_due(self, now: datetime, count: int, made_at: datetime | None) -> bool:
        """Tell whether it is, of so many, for what was made at a time; once told, a further try waits."""
        if self._counted is None:
            self._counted = count
        last = max((at for at in (made_at, self._tried_at) if at), default=None)
        is_old = last is None or now - last >= self.every
        is_much = count - self._counted >= max(1, min(self.after, self._counted))
        if not count or not (is_old or is_much):
            return False
        self._counted, self._tried_at = count, now
        return True
