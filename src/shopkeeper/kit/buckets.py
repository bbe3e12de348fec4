"""Token buckets: so much a second, with what was not used lately as a reserve."""

from collections.abc import Callable, Hashable

_MOST = 100_000
"""Buckets at once; the one used longest ago gives way, and is full again when it is next asked for."""


class Buckets:
    """One bucket of `rate` tokens a second for each name, holding those of `reserve_s` seconds, or one at least."""

    def __init__(self, rate: float, reserve_s: float, seconds: Callable[[], float], most: int = _MOST) -> None:
        self._rate, self._size, self._seconds, self._most = rate, max(rate * reserve_s, 1.0), seconds, most
        self._levels: dict[Hashable, tuple[float, float]] = {}

    def wait_s(self, name: Hashable, *, take: bool = True) -> float:
        """Take a token and return 0, or take none and return the seconds until there is one; a rate of 0 has no end.

        Where none is to be taken, only tell.
        """
        if not self._rate:
            return 0.0
        now = self._seconds()
        level, at = self._levels.pop(name, (self._size, now))
        level = min(self._size, level + (now - at) * self._rate)
        wait_s = max(0.0, (1.0 - level) / self._rate)
        # Put back last: the first of a dict is the one used longest ago.
        self._levels[name] = (level - 1.0 if take and not wait_s else level, now)
        if len(self._levels) > self._most:
            del self._levels[next(iter(self._levels))]
        return wait_s
