"""A lock that the system lets go when its holder ends, however it ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopkeeper.kit.errors import InvalidInput


@contextmanager
def held(path: Path, otherwise: str) -> Iterator[None]:
    """Hold the lock of a file; InvalidInput with the sentence `otherwise` when somebody else does."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InvalidInput(otherwise) from error
        yield


@contextmanager
def in_turn(path: Path) -> Iterator[None]:
    """Hold the lock of a file, once nobody else does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
