"""Who was erased, in a file of its own: a line each, which tells nobody anything without a secret."""

import fcntl
import hmac
import os
from collections.abc import Callable, Collection
from functools import cached_property
from pathlib import Path
from threading import Lock

from shopkeeper.kit.errors import InvalidInput

_BYTES = 16
"""Of an HMAC-SHA256: of a million ids, one in 10^32 strangers is taken for erased."""
_NOBODY = ""
"""Whose mark is the first line: by it a secret is known to be that of the file."""


class FileTombstones:
    """`Tombstones` in a file that is only added to. A line counts in all processes as soon as it is written."""

    def __init__(self, path: Path, secret: Callable[[], bytes]) -> None:
        self._path, self._secret_of = path, secret
        self._lock, self._stamp = Lock(), (0, 0, 0)
        self._known: frozenset[bytes] = frozenset()

    @cached_property
    def _secret(self) -> bytes:
        return self._secret_of()

    def bury(self, shopper_ids: Collection[str]) -> int:
        """Note for ever that these are erased; return how many are."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            known = self._read()
            marks = dict.fromkeys(map(self._mark, [_NOBODY, *sorted(shopper_ids)]))
            file.seek(0)
            # What a crash cut off marks nobody.
            cut = file.read()[-1:] not in (b"", b"\n")
            file.write((("\n" if cut else "") + "".join(f"{m.hex()}\n" for m in marks if m not in known)).encode())
            file.flush()
            os.fsync(file.fileno())
        return len(self)

    def buried(self, shopper_ids: Collection[str]) -> set[str]:
        """Return those of the ids that are erased."""
        known = self._read()
        return {one for one in shopper_ids if self._mark(one) in known} if known else set()

    def __len__(self) -> int:
        return max(0, len(self._read()) - 1)

    def _mark(self, shopper_id: str) -> bytes:
        return hmac.digest(self._secret, shopper_id.encode(), "sha256")[:_BYTES]

    def _read(self) -> frozenset[bytes]:
        try:
            about = self._path.stat()
        except FileNotFoundError:
            return frozenset()
        stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
        with self._lock:
            if stamp != self._stamp:
                self._known, self._stamp = self._checked(), stamp
            return self._known

    def _checked(self) -> frozenset[bytes]:
        """Return the marks; InvalidInput where they cannot be told, since nobody who was erased may come back so."""
        try:
            lines = self._path.read_text(encoding="ascii").split()
            marks = [bytes.fromhex(line) for line in lines if len(line) == 2 * _BYTES]
        except (OSError, ValueError) as error:
            raise InvalidInput(f"{self._path} cannot be read ({error}): bring the copy of it back.") from error
        if marks and marks[0] != self._mark(_NOBODY):
            raise InvalidInput(f"The secret of {self._path} is not the one it was written with: bring that back.")
        return frozenset(marks)
