"""Names that stand for persons in what leaves the house, for as long as their secret is kept."""

import hmac
from base64 import b32encode
from collections.abc import Callable, Sequence
from pathlib import Path

_BYTES = 15
"""Of an HMAC-SHA256: 24 signs."""


class Pseudonyms:
    """The same person has the same name until the secret is drawn anew; then nobody can tell the old names any more."""

    def __init__(self, path: Path, secret: Callable[[], bytes]) -> None:
        """Take the secret, which is in a file and made where there is none."""
        self._path, self._secret_of = path, secret

    def of(self, shopper_ids: Sequence[str]) -> list[str]:
        """Return a name for each."""
        secret = self._secret_of()
        marks = (hmac.digest(secret, one.encode(), "sha256")[:_BYTES] for one in shopper_ids)
        return [f"p{b32encode(mark).decode().lower()}" for mark in marks]

    def rotate(self) -> None:
        """Forget the secret."""
        self._path.unlink(missing_ok=True)
