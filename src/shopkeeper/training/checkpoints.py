"""Where a long training keeps what it has so far."""

from typing import Protocol

from shopkeeper.estimator import State


class Checkpoints(Protocol):
    """Keeps the newest state of a training that may be killed."""

    def save(self, state: State) -> None:
        """Replace what was kept: all of it, or nothing when killed."""

    def load(self) -> State | None:
        """Return what was kept last, None if nothing was."""


class NoCheckpoints:
    """For a training that may start anew."""

    def save(self, state: State) -> None:
        """Keep nothing."""

    def load(self) -> State | None:
        """Return nothing."""
        return None
