"""Stops asking somebody who does not answer, and tries again later with one question."""

from collections.abc import Callable
from time import monotonic


class Breaker:
    """Opens after some failures in a row; after a while lets one through, and closes when that succeeds."""

    def __init__(self, most: int = 5, pause_s: float = 60.0, now_s: Callable[[], float] = monotonic) -> None:
        self._most, self._pause_s, self._now_s = most, pause_s, now_s
        self._failures, self._opened_s = 0, 0.0

    def lets_through(self) -> bool:
        """Tell whether somebody may ask now."""
        if self._failures < self._most:
            return True
        if self._now_s() - self._opened_s < self._pause_s:
            return False
        self._opened_s = self._now_s()  # others wait for how this one fares
        return True

    def succeeded(self) -> None:
        """Note an answer."""
        self._failures = 0

    def failed(self) -> None:
        """Note that none came."""
        self._failures += 1
        if self._failures >= self._most:
            self._opened_s = self._now_s()
