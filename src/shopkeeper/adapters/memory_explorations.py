"""Explored places in memory: the tests' fake, held to the same suite."""

from collections.abc import Sequence
from datetime import datetime

from shopkeeper.data.exploration import Exploration


class MemoryExplorationLog:
    """An ExplorationLog that ends with its process."""

    def __init__(self) -> None:
        self._places: list[Exploration] = []

    def add(self, places: Sequence[Exploration]) -> None:
        """Store all or none."""
        self._places = sorted([*self._places, *places], key=lambda one: one.at)

    def since(self, at: datetime, *, limit: int = 100_000) -> list[Exploration]:
        """Return the first places of a time on, the oldest first."""
        return [one for one in self._places if one.at >= at][:limit]

    def forget(self, before: datetime) -> int:
        """Remove what is older; return how many there were."""
        kept = [one for one in self._places if one.at >= before]
        n_gone, self._places = len(self._places) - len(kept), kept
        return n_gone
