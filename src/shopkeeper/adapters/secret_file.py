"""A secret in a file of its own, which is made when it is needed first."""

import os
import secrets
from pathlib import Path

from shopkeeper.kit.errors import InvalidInput

_BYTES = 32


def secret_in(path: Path) -> bytes:
    """Return the secret in a file, which nobody but its owner can read; whoever comes first makes it."""
    try:
        if not path.exists():
            _make(path)
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be used as a secret: {error}") from error
    if len(secret) < _BYTES:
        raise InvalidInput(f"{path} holds no secret of {2 * _BYTES} hexadecimal digits; bring the copy of it back.")
    return secret


def _make(path: Path) -> None:
    """Write a new one beside, and give it the name unless another has it by now: it is there whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(new, path)
    except FileExistsError:
        pass
    finally:
        new.unlink()
