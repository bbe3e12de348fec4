"""What people said, in memory."""

from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Lock

from shopkeeper.data.consent import Consent, Preferences, Said


class MemoryPeopleStore:
    """A PeopleStore that forgets when the process ends."""

    def __init__(self) -> None:
        self._consents: dict[str, Consent] = {}
        self._preferences: dict[str, Preferences] = {}
        self._lock = Lock()

    def add(self, consents: Sequence[Consent]) -> list[bool]:
        """Add answers; return for each whether it is new."""
        with self._lock:
            is_new = []
            for one in consents:
                is_new.append(one.consent_id not in self._consents)
                self._consents.setdefault(one.consent_id, one)
        return is_new

    def said(self, shopper_ids: Collection[str]) -> Mapping[str, Said]:
        """Return what those of them said who said anything."""
        return {name: said for name, said in self.everybody().items() if name in shopper_ids}

    def everybody(self) -> Mapping[str, Said]:
        """Return what everybody said who said anything."""
        with self._lock:
            consents, preferences = list(self._consents.values()), dict(self._preferences)
        names = dict.fromkeys([*(one.shopper_id for one in consents), *preferences])
        return {
            name: Said([one for one in consents if one.shopper_id == name], preferences.get(name, Preferences()))
            for name in names
        }

    def newest(self) -> int:
        """Return a number that grows with each answer."""
        return len(self._consents)

    def change(self, shopper_id: str, change: Callable[[Preferences], Preferences]) -> Preferences:
        """Replace what a person prefers by what is made of it, and return that."""
        with self._lock:
            new = self._preferences[shopper_id] = change(self._preferences.get(shopper_id, Preferences()))
        return new
