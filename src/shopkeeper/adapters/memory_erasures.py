"""Who was erased and what was asked for, in memory."""

from collections.abc import Collection, Sequence

from shopkeeper.data.erasure import Erasure
from shopkeeper.kit.errors import NotFound


class MemoryTombstones:
    """Tombstones that are forgotten when the process ends."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def bury(self, shopper_ids: Collection[str]) -> int:
        """Note that these are erased; return how many are."""
        self._ids |= set(shopper_ids)
        return len(self._ids)

    def buried(self, shopper_ids: Collection[str]) -> set[str]:
        """Return those of the ids that are erased."""
        return self._ids.intersection(shopper_ids)

    def __len__(self) -> int:
        return len(self._ids)


class MemoryErasures:
    """An ErasureStore that forgets when the process ends."""

    def __init__(self) -> None:
        self._erasures: dict[str, Erasure] = {}

    def add(self, erasure: Erasure) -> None:
        """Store one."""
        self._erasures[erasure.erasure_id] = erasure

    def get(self, erasure_id: str) -> Erasure:
        """Return one; NotFound."""
        if erasure_id not in self._erasures:
            raise NotFound(f"There is no erasure {erasure_id!r}.")
        return self._erasures[erasure_id]

    def waiting(self, limit: int = 10_000) -> list[Erasure]:
        """Return the first that are not done, the oldest first."""
        return [one for one in self._erasures.values() if one.done_at is None][:limit]

    def settle(self, erasures: Sequence[Erasure]) -> None:
        """Store what became of several."""
        self._erasures |= {one.erasure_id: one for one in erasures}

    def n_buried(self) -> int:
        """Return how many tombstones there were when the newest was asked for."""
        return max((one.n_buried for one in self._erasures.values()), default=0)
