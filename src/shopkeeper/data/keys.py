"""Keys: who may ask what, for which shop."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Literal, get_args

KeyKind = Literal["secret", "publishable"]
Scope = Literal[
    "events:write",
    "events:read",
    "users:write",
    "catalog:write",
    "catalog:read",
    "recommendations:read",
    "recommendations:write",
    "models:read",
    "insights:read",
    "predictions:read",
    "coupons:read",
    "coupons:write",
    "people:read",
    "people:write",
    "people:rights",
    "metrics:read",
    "keys:write",
]
SCOPES: frozenset[Scope] = frozenset(get_args(Scope))
PUBLIC_SCOPES: frozenset[Scope] = frozenset({"events:write", "recommendations:read", "coupons:read"})
"""What a publishable key may be given: nothing that tells of other people, on routes that are for pages."""
SIGNING_SCOPES: frozenset[Scope] = frozenset({"events:write", "recommendations:read"})
"""What a key needs for its signatures to count."""
DEFAULT_SHOP = "default"

_PREFIXES: dict[KeyKind, str] = {"secret": "sk", "publishable": "pk"}


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key: all but the key itself."""

    key_id: str
    """Which is part of the key, and no secret."""
    kind: KeyKind
    """A secret key stays on servers; a publishable one stands in pages, for all to read."""
    shop: str
    scopes: frozenset[Scope]
    digest: bytes = field(repr=False)
    """SHA-256 of the whole key."""
    name: str
    """What people call it."""
    created_at: datetime
    origins: tuple[str, ...] = ()
    """Of a publishable one: the sites whose pages may use it, such as https://shop.example."""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None
    """Last, to about an hour."""

    def works(self, at: datetime) -> bool:
        """Tell whether it may be used at a time."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)

    def is_of(self, token: str) -> bool:
        """Tell whether this is the whole key; that takes the same time however much of it is right."""
        return hmac.compare_digest(self.digest, digest_of(token))


def token_of(kind: KeyKind, key_id: str, secret: str) -> str:
    """Return the whole key, such as `sk_1f…_Zk…`."""
    return f"{_PREFIXES[kind]}_{key_id}_{secret}"


def key_id_of(token: str) -> str:
    """Return the part that names a key; nothing of what cannot be one."""
    prefix, _, rest = token.partition("_")
    return rest.partition("_")[0] if prefix in _PREFIXES.values() else ""


def digest_of(token: str) -> bytes:
    """Return what is kept of a key: its 256 random bits cannot be guessed, so a slow or salted hash adds nothing."""
    return sha256(token.encode()).digest()
