"""The keys of a shop in the hands of one of them."""

from collections.abc import Collection
from datetime import timedelta

from shopkeeper.data.keys import Key
from shopkeeper.kit.errors import NotAllowed, NotFound
from shopkeeper.services.keys.contract import KeyRequest
from shopkeeper.services.keys.service import KeyService, NewKey


class ManagedKeys:
    """What a key can do about the keys of its own shop: nobody gains by it what the key has not."""

    def __init__(self, keys: KeyService, manager: Key) -> None:
        self._keys, self._manager = keys, manager

    def all(self) -> list[Key]:
        """Return every key of the shop, the oldest first."""
        return [key for key in self._keys.all() if key.shop == self._manager.shop]

    def create(self, request: KeyRequest) -> NewKey:
        """Make a key that may do no more than the manager; NotAllowed otherwise."""
        self._check(request.scopes)
        return self._keys.create(
            request.name,
            request.kind,
            shop=self._manager.shop,
            scopes=request.scopes,
            origins=request.origins,
            lasts=timedelta(days=request.days) if request.days else None,
        )

    def rotate(self, key_id: str, grace: timedelta) -> NewKey:
        """Replace a key, which works on for a while; NotAllowed if it may do more than the manager."""
        self._check(self._own(key_id).scopes)
        return self._keys.rotate(key_id, grace)

    def revoke(self, key_id: str) -> Key:
        """Let a key work no longer; NotAllowed if it may do more than the manager."""
        self._check(self._own(key_id).scopes)
        return self._keys.revoke(key_id)

    def _own(self, key_id: str) -> Key:
        for key in self.all():
            if key.key_id == key_id:
                return key
        raise NotFound(f"There is no key with the id {key_id!r}; GET /v1/keys tells which there are.")

    def _check(self, scopes: Collection[str]) -> None:
        if beyond := sorted(set(scopes) - self._manager.scopes):
            raise NotAllowed(f"That takes a key that has {', '.join(beyond)} itself.")
