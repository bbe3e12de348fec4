"""Stores in memory: for demos, for tests, and as the shortest reading of what a store does."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock

from shopkeeper import models
from shopkeeper.data.catalog import Product
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import GUEST_PREFIX, Event, EventType
from shopkeeper.data.keys import Key
from shopkeeper.data.merges import Merge
from shopkeeper.data.trail import Trail
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.errors import NotFound
from shopkeeper.ports import CatalogChanges, ModelVersion, SavedModel
from shopkeeper.ranking.rules import Rule


class MemoryEventStore:
    """An EventStore that forgets when the process ends."""

    def __init__(self) -> None:
        self._events: dict[str, Event] = {}
        self._lock = Lock()

    def append(self, events: Sequence[Event]) -> list[bool]:
        """Store all; return for each whether it is new."""
        with self._lock:
            is_new = []
            for event in events:
                is_new.append(event.event_id not in self._events)
                self._events.setdefault(event.event_id, event)
        return is_new

    def history(
        self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)
    ) -> list[Event]:
        """Return the newest `limit` events of these types of one person, oldest first."""
        own = (event for event in self._all() if event.shopper_id == shopper_id and event.type in types)
        return sorted(own, key=lambda event: event.at)[-limit:] if limit else []

    def trail(self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)) -> Trail:
        """Return the same as columns."""
        return Trail.of(self.history(shopper_id, limit=limit, types=types))

    def known_ids(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are stored."""
        return set(event_ids) & self._events.keys()

    def log(self) -> EventLog:
        """Return everything as columns."""
        return EventLog.of(self._all())

    def shoppers(self, *, limit: int = 50) -> list[tuple[str, int]]:
        """Return the most active persons with their number of events, most first, ties by id, guests left out."""
        people = (event.shopper_id for event in self._all())
        counts = Counter(person for person in people if not person.startswith(GUEST_PREFIX))
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]

    def traffic(
        self, since: datetime | None = None, *, limit: int = 10_000, types: Collection[EventType] = tuple(EventType)
    ) -> list[tuple[str, int]]:
        """Return the products that most events of these types are about, since a time or ever, ties by id."""
        events = (one for one in self._all() if one.type in types and (since is None or one.at >= since))
        counts = Counter(one.item_id for one in events if one.item_id)
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]

    def count(self) -> int:
        """Return the number of events."""
        return len(self._events)

    def newest_ids(self, n: int) -> list[str]:
        """Return the ids of the n events that came last."""
        return [event.event_id for event in self._all()[::-1][:n]]

    def since(self, number: int) -> tuple[list[Event], int]:
        """Return the events that came after a number, as they came, and the number of the last."""
        events = self._all()
        return events[number:], len(events)

    def _all(self) -> list[Event]:
        with self._lock:
            return list(self._events.values())


class MemoryMergeStore:
    """A MergeStore that forgets when the process ends."""

    def __init__(self) -> None:
        self._merges: list[Merge] = []

    def add(self, merge: Merge) -> None:
        """Store one; the same again changes nothing."""
        if merge not in self._merges:
            self._merges.append(merge)

    def about(self, shopper_id: str) -> list[Merge]:
        """Return all merges of the visitors that this person is or was."""
        visitors = {merge.visitor_id for merge in self._merges if shopper_id in (merge.visitor_id, merge.user_id)}
        return [merge for merge in self._merges if merge.visitor_id in visitors]

    def all(self) -> list[Merge]:
        """Return all, in the order in which they came."""
        return list(self._merges)


class MemoryCatalogStore:
    """A CatalogStore that forgets when the process ends."""

    def __init__(self) -> None:
        self._products: dict[str, Product] = {}
        self._changed: dict[str, int] = {}
        """Number of the last change of each, in that order."""
        self._number = 0
        self._lock = Lock()

    def upsert(self, products: Iterable[Product]) -> int:
        """Store all, replacing products of the same id; return how many."""
        new = {product.item_id: product for product in products}
        with self._lock:
            self._products |= new
            self.note(new)
        return len(new)

    def get(self, item_ids: Sequence[str]) -> dict[str, Product]:
        """Return the known ones among the ids."""
        return {item_id: self._products[item_id] for item_id in item_ids if item_id in self._products}

    def all(self) -> list[Product]:
        """Return every product, in id order."""
        return [self._products[item_id] for item_id in sorted(self._products)]

    def update(self, item_id: str, change: Callable[[Product], Product]) -> Product | None:
        """Replace a product by what is made of it and return that, None when there is none."""
        with self._lock:
            if item_id in self._products:
                self._products[item_id] = change(self._products[item_id])
                self.note([item_id])
            return self._products.get(item_id)

    def remove(self, item_ids: Collection[str]) -> int:
        """Remove products; return how many there were."""
        with self._lock:
            gone = [item_id for item_id in item_ids if self._products.pop(item_id, None)]
            self.note(gone)
        return len(gone)

    def note(self, item_ids: Iterable[str]) -> None:
        """Note that products changed."""
        for item_id in item_ids:
            self._number += 1
            self._changed.pop(item_id, None)
            self._changed[item_id] = self._number

    def search(
        self, text: str = "", *, category: str | None = None, brand: str | None = None, limit: int = 20, offset: int = 0
    ) -> list[Product]:
        """Return products whose title or id holds the text, ignoring case, in title order, from an offset on."""
        wanted = text.casefold()
        found = (
            product
            for product in list(self._products.values())
            if (wanted in product.title.casefold() or wanted in product.item_id.casefold())
            and (brand is None or product.brand == brand)
            and (category is None or any(f"{path} > ".startswith(f"{category} > ") for path in product.categories))
        )
        return sorted(found, key=lambda product: (product.title.casefold(), product.item_id))[offset : offset + limit]

    def count(self) -> int:
        """Return the number of products."""
        return len(self._products)

    def changes(self, since: int = 0, *, limit: int = 1000) -> CatalogChanges:
        """Return the first products changed after a number, in the order of their last change."""
        with self._lock:
            told = [item_id for item_id, number in self._changed.items() if number > since][:limit]
            products = self.get(told)
            removed = [item_id for item_id in told if item_id not in products]
            return CatalogChanges(list(products.values()), removed, self._changed[told[-1]] if told else since)


class MemoryModelStore:
    """A ModelStore that forgets when the process ends."""

    def __init__(self) -> None:
        self._models: dict[str, SavedModel] = {}
        self._versions: dict[str, dict[str, SavedModel]] = {}

    def save(self, model: SavedModel) -> None:
        """Make this the current version of its name."""
        name = model.scorer.name
        self._versions.setdefault(name, {})[model.version] = self._models[name] = model

    def load(self, name: str, version: str | None = None) -> SavedModel:
        """Return a version, else the current one; NotFound if there is none, UnknownName if there never can be."""
        if name not in self._models:
            models.find(name)
            raise NotFound(f"{name} has not been fitted; fit it first: shopkeeper fit --model {name}")
        return self._models[name] if version is None else self._kept(name, version)

    def current(self, name: str) -> str | None:
        """Return the current version of a name, None if there is none."""
        model = self._models.get(name)
        return model.version if model else None

    def names(self) -> list[str]:
        """Return the names that have a current version."""
        return sorted(self._models)

    def versions(self, name: str) -> list[ModelVersion]:
        """Return all versions of a name, the one fitted last first."""
        current = self.current(name)
        kept = sorted(self._versions.get(name, {}).values(), key=lambda model: model.fitted_at, reverse=True)
        return [
            ModelVersion(
                version=one.version,
                fitted_at=one.fitted_at,
                fingerprint=one.fingerprint,
                metrics=one.metrics,
                config=one.scorer.config.model_dump(mode="json"),
                n_users=len(one.users),
                n_items=len(one.items),
                is_current=one.version == current,
                privacy=one.privacy,
            )
            for one in kept
        ]

    def promote(self, name: str, version: str) -> None:
        """Make a version the current one; NotFound if there is none."""
        self._models[name] = self._kept(name, version)

    def people(self, name: str, version: str) -> Vocabulary:
        """Return the users whom a version was fitted on."""
        return self._kept(name, version).users

    def knows(self, name: str, version: str, shopper_ids: Collection[str]) -> bool:
        """Tell whether one of some users is among them."""
        return any(one in shopper_ids for one in self.people(name, version))

    def drop(self, name: str, version: str) -> None:
        """Remove a version for ever."""
        self._versions.get(name, {}).pop(version, None)
        if self.current(name) == version:
            del self._models[name]

    def _kept(self, name: str, version: str) -> SavedModel:
        if version not in self._versions.get(name, {}):
            raise NotFound(f"No version {version} of {name} is kept; see those there are: shopkeeper models list")
        return self._versions[name][version]


class MemoryRules:
    """A RuleStore that forgets when the process ends."""

    def __init__(self) -> None:
        self._rules: dict[str, Rule] = {}

    def all(self) -> dict[str, Rule]:
        """Return all rules; another mapping once one of them changed."""
        return self._rules

    def put(self, name: str, rule: Rule) -> None:
        """Add or replace a rule."""
        self._rules = {**self._rules, name: rule}

    def remove(self, name: str) -> bool:
        """Remove a rule; return whether there was one."""
        had = name in self._rules
        self._rules = {other: rule for other, rule in self._rules.items() if other != name}
        return had


class MemoryKeyStore:
    """A KeyStore that forgets when the process ends."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}

    def add(self, key: Key) -> None:
        """Store a new key."""
        self._keys[key.key_id] = key

    def all(self) -> list[Key]:
        """Return every key, the oldest first."""
        return sorted(self._keys.values(), key=lambda key: (key.created_at, key.key_id))

    def revoke(self, key_id: str, at: datetime) -> None:
        """Note that a key works no longer."""
        if (key := self._keys.get(key_id)) and key.revoked_at is None:
            self._keys[key_id] = replace(key, revoked_at=at)

    def expire(self, key_id: str, at: datetime) -> None:
        """Let a key work until a time, unless it ends sooner anyway."""
        if (key := self._keys.get(key_id)) and (key.expires_at is None or key.expires_at > at):
            self._keys[key_id] = replace(key, expires_at=at)

    def note_use(self, key_ids: Collection[str], at: datetime) -> None:
        """Note when keys were used."""
        self._keys |= {key_id: replace(self._keys[key_id], used_at=at) for key_id in key_ids if key_id in self._keys}
