"""A name, vouched for until a time by somebody who shares a secret with the reader."""

import hmac
from datetime import datetime
from typing import NamedTuple, Self


class Signature(NamedTuple):
    """What is read of `signer.until.code`, the code being the HMAC-SHA256 of `until.name`, in hexadecimal."""

    signer: str
    """Whose secret it was made with."""
    until: int
    """Seconds since 1970."""
    code: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return what a text says; None where it is no signature."""
        signer, _, rest = text.partition(".")
        until, _, code = rest.partition(".")
        is_one = until.isascii() and until.isdecimal() and len(until) <= 12 and code.isascii()
        return cls(signer, int(until), code) if is_one else None

    def vouches(self, name: str, secret: bytes) -> bool:
        """Tell whether it was made of a name; that takes the same time however much of it is right."""
        return hmac.compare_digest(self.code, _code(name, self.until, secret))


def sign(name: str, signer: str, secret: bytes, until: datetime) -> str:
    """Return the signature of a name, good until a time, to the second."""
    seconds = int(until.timestamp())
    return f"{signer}.{seconds}.{_code(name, seconds, secret)}"


def _code(name: str, until: int, secret: bytes) -> str:
    return hmac.digest(secret, f"{until}.{name}".encode(), "sha256").hex()
