"""Fitted models that stay in memory once they were asked for."""

from collections.abc import Collection
from dataclasses import replace
from threading import Lock

from shopkeeper.kit.errors import IncompatibleVersion
from shopkeeper.ports import ModelStore, ModelVersion, SavedModel


class LoadedModels:
    """A ModelStore over another: of each name it holds the version that is served, and the other one asked for last.

    A new version is loaded by the first who asks for it, and whoever comes meanwhile waits. One that cannot be read is
    tried once: whatever was served before goes on.
    """

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self._served: dict[str, SavedModel] = {}
        self._other: dict[str, SavedModel] = {}
        self._unreadable: set[tuple[str, str]] = set()
        self._loading = Lock()

    def load(self, name: str, version: str | None = None) -> SavedModel:
        """Return a version that is kept, else the served one, from memory where it is there."""
        if version is None:
            return self._current(name)
        for held in (self._served, self._other):
            if (model := held.get(name)) and model.version == version and self._is_kept(name, version):
                return model
        with self._loading:
            self._other[name] = model = self._store.load(name, version)
        return model

    def _is_kept(self, name: str, version: str) -> bool:
        """Tell whether a version is still there: one that was removed is not given from memory either."""
        return version in (self._store.current(name), *(one.version for one in self._store.versions(name)))

    def _current(self, name: str) -> SavedModel:
        version = self._store.current(name)
        if self._is_new(name, version):
            with self._loading:
                if self._is_new(name, version):
                    try:
                        self._served[name] = self._sharing(self._store.load(name))
                    except IncompatibleVersion:
                        if name not in self._served or version is None:
                            raise
                        self._unreadable.add((name, version))
        return self._served[name]

    def _sharing(self, model: SavedModel) -> SavedModel:
        """Return the model with the names of another, where they are the same: of a million users they are 150 MB."""
        for other in self._served.values():
            if other.users == model.users:
                model = replace(model, users=other.users)
            if other.items == model.items:
                model = replace(model, items=other.items)
        return model

    def _is_new(self, name: str, version: str | None) -> bool:
        if version is None or name not in self._served:
            return True
        return self._served[name].version != version and (name, version) not in self._unreadable

    def save(self, model: SavedModel) -> None:
        """Make this the current version of its name."""
        self._store.save(model)
        self._forget(model.scorer.name, model.version)

    def current(self, name: str) -> str | None:
        """Return the current version of a name, None if there is none."""
        return self._store.current(name)

    def names(self) -> list[str]:
        """Return the names that have a current version."""
        return self._store.names()

    def versions(self, name: str) -> list[ModelVersion]:
        """Return the versions that are kept of a name, the one fitted last first."""
        return self._store.versions(name)

    def promote(self, name: str, version: str) -> None:
        """Make a version that is kept the current one."""
        self._store.promote(name, version)

    def people(self, name: str, version: str) -> Collection[str]:
        """Return the users whom a version that is kept was fitted on."""
        return self._store.people(name, version)

    def knows(self, name: str, version: str, shopper_ids: Collection[str]) -> bool:
        """Tell whether one of some users is among them."""
        return self._store.knows(name, version, shopper_ids)

    def drop(self, name: str, version: str) -> None:
        """Remove a version for ever, from memory too."""
        self._store.drop(name, version)
        self._forget(name, version)

    def _forget(self, name: str, version: str) -> None:
        for held in (self._served, self._other):
            if (model := held.get(name)) and model.version == version:
                del held[name]
