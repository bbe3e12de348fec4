"""What the keys' routes take and give."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from shopkeeper.data.keys import Key, KeyKind, Scope


class KeyRequest(BaseModel):
    """A key to make."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: Annotated[str, Field(min_length=1, max_length=100)]
    """What people call it."""
    kind: KeyKind = "secret"
    """`secret` for servers, `publishable` for pages."""
    scopes: Annotated[list[Scope], Field(min_length=1)]
    """What it may do; nothing that the key you ask with may not."""
    origins: list[Annotated[str, Field(max_length=300)]] = []
    """Of a publishable one: the sites whose pages may use it, such as https://shop.example."""
    days: Annotated[float | None, Field(ge=0.001, le=36_500)] = None
    """Days that it works; else for good."""


class RotateRequest(BaseModel):
    """How a key is replaced."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    hours: Annotated[float, Field(ge=0, le=876_000)] = 24.0
    """Hours that the old key goes on working."""


class KeyTold(BaseModel):
    """What is known of a key: all but the key itself."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    key_id: str
    """The middle part of the key, and no secret."""
    name: str
    """What people call it."""
    kind: KeyKind
    """`secret` or `publishable`."""
    scopes: list[Scope]
    """What it may do."""
    origins: list[str]
    """Of a publishable one: the sites whose pages may use it."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime | None
    """Until when it works; null for good."""
    revoked_at: datetime | None
    """Since when it works no longer, because somebody said so."""
    used_at: datetime | None
    """When it was used last, to about an hour."""

    @classmethod
    def of(cls, key: Key) -> Self:
        """Tell of a key."""
        return cls(
            key_id=key.key_id,
            name=key.name,
            kind=key.kind,
            scopes=sorted(key.scopes),
            origins=list(key.origins),
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            used_at=key.used_at,
        )


class KeyMade(BaseModel):
    """A new key."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    token: str
    """The key, to be sent with requests. It is told this once, and only its hash is kept."""
    key: KeyTold
    """What is known of it from now on."""


class KeysTold(BaseModel):
    """The keys of a shop."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    keys: list[KeyTold]
    """Every one, the oldest first, those that work no longer included."""
