"""The keys at hand, so that a request need not ask the database."""

from contextlib import suppress
from datetime import timedelta

import anyio

from shopkeeper.data.keys import Key, key_id_of
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import Unavailable
from shopkeeper.ports import KeyStore, OffLoop

_FRESH = timedelta(seconds=1)
_COARSE = timedelta(hours=1)
_PATIENCE_S = 0.5


class KeyRing:
    """All keys, as they were a second ago at most; while the database is silent, as they were last."""

    def __init__(self, store: KeyStore, clock: Clock, off_loop: OffLoop) -> None:
        self._store, self._clock, self._off_loop = store, clock, off_loop
        self._used: set[str] = set()
        self._keys: dict[str, Key] = {}
        self._reading = anyio.Lock()
        self._read(set())
        self._read_at = clock()

    def _read(self, used: set[str]) -> None:
        if used:
            self._store.note_use(used, self._clock())
        keys = {key.key_id: key for key in self._store.all()}
        self._origins = frozenset(origin for key in keys.values() for origin in key.origins)
        self._keys = keys

    async def freshen(self) -> None:
        """Read the keys again where that is due; who comes meanwhile waits, if not for a database that hangs."""
        if not self._is_due():
            return
        with anyio.move_on_after(_PATIENCE_S):
            async with self._reading:
                if not self._is_due():
                    return
                used, self._used = self._used, set()
                with suppress(Unavailable):
                    await self._off_loop(lambda: self._read(used))
                self._read_at = self._clock()

    def _is_due(self) -> bool:
        return self._clock() - self._read_at >= _FRESH

    def find(self, token: str) -> Key | None:
        """Return the key that this is the whole of; whether it still works is the caller's question."""
        key = self._keys.get(key_id_of(token))
        if key is None or not key.is_of(token):
            return None
        if key.used_at is None or self._clock() - key.used_at > _COARSE:
            self._used.add(key.key_id)
        return key

    def get(self, key_id: str) -> Key | None:
        """Return the key of an id; whether it still works is the caller's question."""
        return self._keys.get(key_id)

    def is_empty(self) -> bool:
        """Tell whether no key was ever made."""
        return not self._keys

    def knows(self, origin: str) -> bool:
        """Tell whether some key is bound to the pages of an origin."""
        return origin in self._origins
