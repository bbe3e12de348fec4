"""Histories that were read lately: who looks at one page looks at the next."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

_MOST = 200_000
"""Events that are kept, some hundred bytes each."""


class Remembered(Generic[T]):
    """The histories asked for last, by any key, up to a number of events in all; safe to use from many threads."""

    def __init__(self, most: int = _MOST) -> None:
        self._most, self._held, self._lock = most, 0, Lock()
        self._of: OrderedDict[Hashable, tuple[T, ...]] = OrderedDict()

    def get(self, key: Hashable) -> list[T] | None:
        """Return a history that is remembered, None if it is not."""
        with self._lock:
            if (found := self._of.get(key)) is not None:
                self._of.move_to_end(key)
        return None if found is None else list(found)

    def put(self, key: Hashable, events: Sequence[T]) -> None:
        """Remember a history, and forget those that nobody asked for the longest."""
        with self._lock:
            self._held += len(events) - len(self._of.pop(key, ()))
            self._of[key] = tuple(events)
            while self._held > self._most or len(self._of) > self._most:
                self._held -= len(self._of.popitem(last=False)[1])
