"""Events that wait to be sent."""

import json
import logging
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from threading import Lock
from typing import cast

from shopkeeper.client.answers import Receipt
from shopkeeper.client.errors import ApiError, ClientError
from shopkeeper.client.events import Event, Ready
from shopkeeper.client.tries import backoff_s

OnLost = Callable[[Event, str], None]
"""Is told of an event that will not be stored, and why."""
_FIRST_S = 0.5
_log = logging.getLogger(__name__)


def log_lost(event: Event, why: str) -> None:
    """Log that an event will not be stored."""
    _log.error("the %s %s will not be stored: %s", event["type"], event["event_id"], why)


class Buffer:
    """Accepted events in order, a bounded number. They leave it when they are stored, or else to `on_lost`.

    It sends nothing itself; `now_s` is a monotonic time. One sender at a time takes a batch and says what became of it.
    """

    def __init__(self, most: int, at_once: int, within_s: float, on_lost: OnLost) -> None:
        """Send `at_once` events as soon as there are so many, and fewer after `within_s` seconds."""
        self._most, self._at_once, self._within_s, self._on_lost = most, at_once, within_s, on_lost
        self._events: deque[Ready] = deque()
        self._lock = Lock()
        self._size, self._failures, self._due_s, self._why = at_once, 0, 0.0, ""
        self.closed = False
        self.taken = self.gone = 0
        """Events since the beginning."""

    def add(self, event: Ready, now_s: float) -> bool:
        """Accept an event and return whether a sender that sleeps must be woken; without room it is lost."""
        with self._lock:
            if self.closed:
                raise ClientError("this client is closed; it accepts no more events")
            waiting = len(self._events)
            if room := waiting < self._most:
                if not waiting and not self._failures:
                    self._due_s = now_s + self._within_s
                self._events.append(event)
                self.taken += 1
        if not room:
            self._lose(event, f"{waiting:,} events wait to be sent, and there is room for no more. {self._why}".strip())
        return room and waiting + 1 in (1, self._at_once)

    def wait_s(self, now_s: float) -> float | None:
        """Return the seconds until there is something to send; None while there is nothing at all."""
        waiting = len(self._events)
        if not waiting:
            return None
        return 0 if waiting >= self._at_once and not self._failures else max(self._due_s - now_s, 0)

    def batch(self) -> Sequence[Ready]:
        """Return the next events to send; they stay here."""
        with self._lock:
            return list(islice(self._events, self._size))

    def sent(self, batch: Sequence[Ready], receipt: Receipt, now_s: float) -> None:
        """Let go of a batch that was stored; what the server could not use of it is lost."""
        self._size, self._failures, self._why, self._due_s = self._at_once, 0, "", now_s + self._within_s
        self._remove(len(batch))
        for problem in receipt.errors:
            self._lose(batch[problem.index], problem.detail)

    def failed(self, batch: Sequence[Ready], error: ClientError, now_s: float) -> None:
        """Keep a batch that was not stored, for later; raise the error unless a smaller batch may do.

        A server that cannot use a body whole is sent halves, until the one event that it is about is alone, and lost.
        """
        if isinstance(error, ApiError) and error.about_the_body:
            if len(batch) > 1:
                self._size = len(batch) // 2
                return
            self._remove(1)
            self._lose(batch[0], str(error))
            return
        self._failures += 1
        self._why = f"The last try to send them failed: {error}"
        self._due_s = now_s + backoff_s(_FIRST_S, self._failures, error)
        raise error

    def close(self) -> None:
        """Accept no more."""
        with self._lock:
            self.closed = True

    def give_up(self, error: ClientError) -> None:
        """Lose what is left."""
        for event in list(self._events):
            self._lose(event, f"it could not be sent before the client was closed: {error}")
        self._remove(len(self._events))

    def _remove(self, count: int) -> None:
        with self._lock:
            for _ in range(count):
                self._events.popleft()
            self.gone += count

    def _lose(self, event: Ready, why: str) -> None:
        self._on_lost(cast("Event", json.loads(event.body)), why)
