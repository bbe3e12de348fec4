"""For how long what happened is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shopkeeper.data.events import EventType, type_of
from shopkeeper.kit.errors import InvalidInput

FILES = "files"


@dataclass(frozen=True, slots=True)
class Retention:
    """Days that events of some types are kept, and files that were imported; all else is kept until it is erased."""

    days: Mapping[EventType, int] = field(default_factory=dict)
    files_days: int | None = None

    @classmethod
    def of(cls, text: str) -> "Retention":
        """Return what a text says, as `view=400,impression=90,files=30`; InvalidInput."""
        days: dict[EventType, int] = {}
        files_days = None
        for part in filter(None, map(str.strip, text.split(","))):
            name, equals, told = part.partition("=")
            if not equals or not told.strip().isdecimal() or int(told) < 1:
                raise InvalidInput(f"{part!r} is not TYPE=DAYS, as in view=400; days are whole, and 1 or more")
            if name.strip() == FILES:
                files_days = int(told)
            else:
                days[type_of(name.strip())] = int(told)
        return cls(days, files_days)

    def before(self, now: datetime) -> dict[EventType, datetime]:
        """Return, for each type that is not kept for ever, from when on it is."""
        return {kind: now - timedelta(days=days) for kind, days in self.days.items()}
