"""What is needed to keep what people allow, and to know, to tell and to forget what a shop has about them."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shopkeeper.data.consent import Circle, Consent, Preferences, Privacy, Said
from shopkeeper.data.erasure import Erasure, Gone, Place, State
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.estimator import Progress, ignore

Told = Mapping[str, object]
"""One thing that is known, as JSON has it."""
Seal = Callable[[bytes, str], bytes]
"""Makes bytes readable for nobody but who has the key to a public one; InvalidInput where it is none."""


class AllowedEvents(Protocol):
    """What was done by those who allow that something is learned from it."""

    def log(self) -> EventLog:
        """Return it as columns."""

    def count(self) -> int:
        """Return the number of all events, quickly."""

    def circle(self) -> Circle:
        """Return who allows it."""

    def stamp(self) -> Hashable:
        """Return something that is another once somebody said something, quickly."""


class PeopleStore(Protocol):
    """What people allow and prefer. What was added survives a crash."""

    def add(self, consents: Sequence[Consent]) -> list[bool]:
        """Add answers, all or none; return for each whether it is new (False: its consent_id was there already)."""

    def said(self, shopper_ids: Collection[str]) -> Mapping[str, Said]:
        """Return what those of them said who said anything, quickly: it is asked before each list."""

    def everybody(self) -> Mapping[str, Said]:
        """Return what everybody said who said anything."""

    def newest(self) -> int:
        """Return a number that grows with each answer, quickly."""

    def change(self, shopper_id: str, change: Callable[[Preferences], Preferences]) -> Preferences:
        """Replace what a person prefers by what is made of it, and return that; nobody else changes it meanwhile."""


class PrivacyTerms(Protocol):
    """What the shop asks its customers; what is changed counts from the next request on."""

    def get(self) -> Privacy:
        """Return it as it is now; the strictest while it cannot be read."""

    def problem(self) -> str | None:
        """Return why it cannot be read, if that is so."""


class PersonalPlace(Protocol):
    """A place where something about persons lies. Each is in the list of the shop's; a test knows when one is not."""

    name: str
    state: State
    """In which it is once a person was erased there."""
    about: str
    """What is there, and what is done with it."""

    def tell(self, gone: Gone) -> Sequence[Told]:
        """Return all that is there about a person, for them to read."""

    def count(self, gone: Gone) -> int:
        """Return how much there is."""

    def erase(self, gone: Gone, on_progress: Progress = ignore) -> int:
        """Remove it, all or nothing; return how much there was. Again is harmless."""

    def known(self) -> Iterable[str]:
        """Return the ids of everybody whom something is there about."""


class EventPlace(PersonalPlace, Protocol):
    """A place where what happened is, each for itself, and grows old."""

    def take_out(self, gone: Gone, event_id: str) -> int:
        """Remove an event of a person; return how many there were."""

    def expire(self, before: Mapping[EventType, datetime]) -> int:
        """Remove events of some types that are older than a time; return how many."""


class Tombstones(Protocol):
    """Who was erased, for ever: told by ids, and kept without them, apart from all that a backup brings back."""

    def bury(self, shopper_ids: Collection[str]) -> int:
        """Note for ever that these are erased; return how many are. It is on disk when this returns."""

    def buried(self, shopper_ids: Collection[str]) -> set[str]:
        """Return those of the ids that are erased; counts from the moment of `bury` on, in all processes."""

    def __len__(self) -> int:
        """Return of how many ids that is known."""


class ErasureStore(Protocol):
    """What was asked for to be erased, and what became of it."""

    def add(self, erasure: Erasure) -> None:
        """Store one, or what became of it."""

    def get(self, erasure_id: str) -> Erasure:
        """Return one; NotFound."""

    def waiting(self, limit: int = 10_000) -> list[Erasure]:
        """Return the first that are not done, the oldest first."""

    def settle(self, erasures: Sequence[Erasure]) -> None:
        """Store what became of several, all or none."""

    def n_buried(self) -> int:
        """Return how many tombstones there were when the newest was asked for, as far as this store knows."""


def places_of(places: Sequence[PersonalPlace], gone: Gone) -> list[Place]:
    """Return how much each place has of persons, before anything is done."""
    return [Place(one.name, one.count(gone), "waiting", one.about) for one in places]
