"""Where explored places are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shopkeeper.data.exploration import Exploration


class ExplorationLog(Protocol):
    """Explored places, each written once."""

    def add(self, places: Sequence[Exploration]) -> None:
        """Store all or none."""

    def since(self, at: datetime, *, limit: int = 100_000) -> list[Exploration]:
        """Return the first places of a time on, the oldest first."""

    def forget(self, before: datetime) -> int:
        """Remove what is older; return how many there were."""
