"""Make keys, replace them and give them up."""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import SecretStr

from shopkeeper.data.keys import (
    DEFAULT_SHOP,
    PUBLIC_SCOPES,
    SCOPES,
    SIGNING_SCOPES,
    Key,
    KeyKind,
    Scope,
    digest_of,
    token_of,
)
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import InvalidInput, NotFound, UnknownName
from shopkeeper.kit.signatures import sign
from shopkeeper.ports import KeyStore

_ID_BYTES, _SECRET_BYTES = 8, 32


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key, and the only time that the whole of it is seen."""

    key: Key
    token: SecretStr


class KeyService:
    """The keys of an installation."""

    def __init__(self, store: KeyStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def create(
        self,
        name: str,
        kind: KeyKind = "secret",
        *,
        shop: str = DEFAULT_SHOP,
        scopes: Collection[str] = (),
        origins: Collection[str] = (),
        lasts: timedelta | None = None,
    ) -> NewKey:
        """Make a key: with no scopes named it has all that its kind may have; it works for good unless it `lasts`.

        InvalidInput where its kind may not have a scope, or where origins are missing or meaningless.
        """
        if not re.fullmatch(r"[^\x00-\x1f\x7f]{1,100}", name):
            raise InvalidInput("A key's name is 1 to 100 signs on one line, such as 'shop back end'.")
        allowed = SCOPES if kind == "secret" else PUBLIC_SCOPES
        if kind == "publishable" and not origins:
            raise InvalidInput("A publishable key is bound to pages: name their origin, such as https://shop.example")
        if kind == "secret" and origins:
            raise InvalidInput("Origins belong to publishable keys; a secret key must never be in a page.")
        now = self._clock()
        return self._keep(
            Key(
                key_id="",
                kind=kind,
                shop=shop,
                scopes=frozenset(_scope(scope, kind, allowed) for scope in scopes) or allowed,
                digest=b"",
                name=name,
                created_at=now,
                origins=tuple(dict.fromkeys(_origin(origin) for origin in origins)),
                expires_at=now + lasts if lasts else None,
            )
        )

    def rotate(self, key_id: str, grace: timedelta) -> NewKey:
        """Make a key that may do what another may; the other works on for a while. InvalidInput if it works no more."""
        old, now = self.get(key_id), self._clock()
        if not old.works(now):
            raise InvalidInput(f"The key {key_id} works no longer, so nothing can take over from it; create a new one.")
        until = now + (old.expires_at - old.created_at) if old.expires_at else None
        new = self._keep(replace(old, created_at=now, expires_at=until, used_at=None))
        self._store.expire(key_id, now + grace)
        return new

    def revoke(self, key_id: str) -> Key:
        """Let a key work no longer; NotFound if there is none."""
        self.get(key_id)
        self._store.revoke(key_id, self._clock())
        return self.get(key_id)

    def sign(self, key_id: str, user_id: str, lasts: timedelta) -> str:
        """Return the signature that lets a page speak of a user; InvalidInput where the key cannot give one."""
        key, now = self.get(key_id), self._clock()
        if not (key.kind == "secret" and key.works(now) and key.scopes >= SIGNING_SCOPES):
            raise InvalidInput(f"What signs is a secret key that works and has {' and '.join(sorted(SIGNING_SCOPES))}.")
        return sign(user_id, key_id, key.digest, now + lasts)

    def all(self) -> list[Key]:
        """Return every key, the oldest first."""
        return self._store.all()

    def get(self, key_id: str) -> Key:
        """Return a key by its id; NotFound if there is none."""
        for key in self._store.all():
            if key.key_id == key_id:
                return key
        raise NotFound(f"There is no key with the id {key_id!r}; see: shopkeeper keys list")

    def _keep(self, key: Key) -> NewKey:
        key_id = secrets.token_hex(_ID_BYTES)
        token = token_of(key.kind, key_id, secrets.token_urlsafe(_SECRET_BYTES))
        key = replace(key, key_id=key_id, digest=digest_of(token))
        self._store.add(key)
        return NewKey(key, SecretStr(token))


def _scope(name: str, kind: KeyKind, allowed: Collection[Scope]) -> Scope:
    for scope in SCOPES:
        if scope == name:
            if scope not in allowed:
                raise InvalidInput(f"A {kind} key cannot have {name}; it can have {', '.join(sorted(allowed))}.")
            return scope
    raise UnknownName("scope", name, allowed)


def _origin(text: str) -> str:
    """Return an origin as browsers send it."""
    try:
        parts = urlsplit(text.strip().lower().rstrip("/"))
        port = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.path or parts.query or parts.username:
        raise InvalidInput(f"{text!r} is no origin: it is like https://shop.example or http://localhost:8080.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_usual = port is None or (parts.scheme, port) in (("https", 443), ("http", 80))
    return f"{parts.scheme}://{host}" if is_usual else f"{parts.scheme}://{host}:{port}"
