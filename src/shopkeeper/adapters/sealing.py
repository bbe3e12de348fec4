"""What leaves the house sealed, as any `age` opens it: the format age-encryption.org/v1."""

from pyrage import RecipientError, encrypt, passphrase, x25519

from shopkeeper.kit.errors import InvalidInput

LEAST_SIGNS = 12
"""Of a passphrase: who has the file can try as many as they like, about one a second."""


def recipient(text: str) -> str:
    """Return a public key of age; InvalidInput, which does not repeat it: somebody may have given the secret one."""
    _key(text)
    return text


def seal(content: bytes, public_key: str) -> bytes:
    """Return it so that only who has the secret key to a public one can read it; InvalidInput."""
    sealed: bytes = encrypt(content, [_key(public_key)])
    return sealed


def seal_with(content: bytes, secret: str) -> bytes:
    """Return it so that only who knows a passphrase can read it; InvalidInput.

    That takes seconds, half a gigabyte, and the interpreter's lock: age makes it dear to try passphrases.
    """
    if len(secret) < LEAST_SIGNS:
        raise InvalidInput(f"The passphrase is too short: {LEAST_SIGNS} signs are needed, such as five random words.")
    sealed: bytes = passphrase.encrypt(content, secret)
    return sealed


def _key(text: str) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(text)
    except RecipientError:
        what = "the secret key, which nobody else may know" if text.upper().startswith("AGE-SECRET-KEY") else "none"
        raise InvalidInput(
            f"A public key of age is needed, age1 and 58 signs, as `age-keygen` tells it; this is {what}."
        ) from None
