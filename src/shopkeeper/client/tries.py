"""How often and how soon a call is tried again."""

from secrets import SystemRandom
from time import monotonic

from shopkeeper.client.errors import ClientError

_DOUBLINGS = 16
_FIRST_S = 0.1
_random = SystemRandom()


class Tries:
    """The tries of one call, which share its seconds, so that a slow server is not asked more for being slow."""

    def __init__(self, tries: int, timeout_s: float) -> None:
        """Begin with the first one."""
        self._tries, self._done, self._end_s = tries, 1, monotonic() + timeout_s

    @property
    def left_s(self) -> float:
        """Seconds that the next try may take."""
        return max(self._end_s - monotonic(), 0.001)

    def pause_s(self, error: ClientError) -> float | None:
        """Return the seconds to wait before the next try; None when there is no use, try or time left."""
        if not error.passing or self._done == self._tries:
            return None
        wait_s = backoff_s(_FIRST_S, self._done, error)
        self._done += 1
        return wait_s if wait_s < self.left_s else None


def backoff_s(first_s: float, failures: int, error: ClientError, *, most_s: float = 60.0) -> float:
    """Return the seconds to wait after so many failures in a row.

    Drawn from 0 to min(first 2^failures, most), so that many clients do not come back at once ("full jitter", Brooker
    2015, AWS Architecture Blog), on top of what the server asks for.
    """
    return (error.retry_after_s or 0) + _random.uniform(0, min(first_s * 2 ** min(failures, _DOUBLINGS), most_s))
