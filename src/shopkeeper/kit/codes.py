"""Codes that people read and type: 80 bits in the letters of Crockford's base 32, which has no I, L, O and U."""

from hashlib import shake_256

CODE_BYTES = 10
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ = str.maketrans("OIL", "011", " -")


def code_of(bits: bytes) -> str:
    """Return ten bytes as `ABCD-EFGH-JKMN-PQRS`."""
    number = int.from_bytes(bits)
    letters = "".join(_LETTERS[number >> 5 * place & 31] for place in reversed(range(16)))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def plain(code: str) -> str:
    """Return what a typed code means: in any case, with or without dashes, and with letters taken for digits."""
    return code.upper().translate(_READ)


def drawn(secret: bytes, seed: bytes, n: int) -> list[str]:
    """Return n codes drawn from a seed: anew the same to who has the secret, and chance to everybody else."""
    stream = shake_256(b"codes" + len(secret).to_bytes(2) + secret + seed).digest(CODE_BYTES * n)
    return [code_of(stream[start : start + CODE_BYTES]) for start in range(0, len(stream), CODE_BYTES)]
