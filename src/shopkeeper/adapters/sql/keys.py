"""Keys in a SQL table."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from shopkeeper.adapters.sql.tables import keys
from shopkeeper.data.keys import Key
from shopkeeper.kit.clock import from_us, to_us

_TIMES = ("created_at", "expires_at", "revoked_at", "used_at")


class SqlKeyStore:
    """A KeyStore in a database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, key: Key) -> None:
        """Store a new key."""
        with self._engine.begin() as connection:
            connection.execute(sa.insert(keys), _to_row(key))

    def all(self) -> list[Key]:
        """Return every key, the oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(keys).order_by(keys.c.created_at, keys.c.key_id))
            return [_to_key(row) for row in rows]

    def revoke(self, key_id: str, at: datetime) -> None:
        """Note that a key works no longer."""
        own = sa.update(keys).where(keys.c.key_id == key_id, keys.c.revoked_at.is_(None))
        self._run(own.values(revoked_at=to_us(at)))

    def expire(self, key_id: str, at: datetime) -> None:
        """Let a key work until a time, unless it ends sooner anyway."""
        later = sa.or_(keys.c.expires_at.is_(None), keys.c.expires_at > to_us(at))
        self._run(sa.update(keys).where(keys.c.key_id == key_id, later).values(expires_at=to_us(at)))

    def note_use(self, key_ids: Collection[str], at: datetime) -> None:
        """Note when keys were used."""
        self._run(sa.update(keys).where(keys.c.key_id.in_(key_ids)).values(used_at=to_us(at)))

    def _run(self, change: sa.Executable) -> None:
        with self._engine.begin() as connection:
            connection.execute(change)


def _to_row(key: Key) -> dict[str, object]:
    row: dict[str, object] = {column.name: getattr(key, column.name) for column in keys.c}
    row |= {"scopes": sorted(key.scopes), "origins": list(key.origins)}
    return row | {name: None if (at := getattr(key, name)) is None else to_us(at) for name in _TIMES}


def _to_key(row: sa.Row[tuple[object, ...]]) -> Key:
    fields = dict(row._mapping)
    fields |= {"scopes": frozenset(fields["scopes"]), "origins": tuple(fields["origins"])}
    return Key(**fields | {name: None if fields[name] is None else from_us(fields[name]) for name in _TIMES})
