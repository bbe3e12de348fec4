"""Who tries codes that are none is not listened to for a while."""

from collections.abc import Callable
from math import ceil

from shopkeeper.kit.buckets import Buckets
from shopkeeper.kit.errors import TooManyFailures

_A_PERSON, _PEOPLE_UNKNOWN = (1 / 60, 600.0), (10.0, 10.0)
"""Failures a second, and for how many seconds' worth at once: a person ten, and then one a minute."""


class Guesses:
    """Counts codes that are none, of each person, and of all whose requests name nobody; of this process."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._of_person = Buckets(*_A_PERSON, seconds)
        self._of_nobody = Buckets(*_PEOPLE_UNKNOWN, seconds)

    def check(self, shopper_id: str | None) -> None:
        """Let go on who has not failed too often; TooManyFailures."""
        if wait_s := self._bucket(shopper_id).wait_s(shopper_id, take=False):
            raise TooManyFailures(f"Too many codes that are none were tried: go on in {ceil(wait_s)} s.")

    def failed(self, shopper_id: str | None, times: int) -> None:
        """Count codes that were none."""
        for _ in range(times):
            self._bucket(shopper_id).wait_s(shopper_id)

    def _bucket(self, shopper_id: str | None) -> Buckets:
        return self._of_nobody if shopper_id is None else self._of_person
