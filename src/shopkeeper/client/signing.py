"""Signatures of customers, which let a page with a publishable key speak of them."""

from datetime import datetime
from hashlib import sha256

from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.signatures import sign


def sign_user(user_id: str, expires: datetime, *, api_key: str) -> str:
    """Return the signature of a customer for their own pages, good until a time; nobody is asked.

    It is `key_id.until.code`: the middle part of the secret key, seconds since 1970, and in hexadecimal the HMAC-SHA256
    of `until.user_id` with the SHA-256 of the whole key. InvalidInput for what is no secret key, or no certain time.
    """
    kind, _, rest = api_key.partition("_")
    key_id, _, secret = rest.partition("_")
    if not (kind == "sk" and key_id and secret):
        raise InvalidInput("api_key: what signs is a secret key, sk_…; a publishable one can be read by anybody.")
    if expires.tzinfo is None:
        raise InvalidInput(f"expires: {expires} has no time zone; give an aware datetime")
    return sign(user_id, key_id, sha256(api_key.encode()).digest(), expires)
