"""Events of those who allow a purpose: what is learned for it."""

from collections.abc import Hashable
from typing import Protocol

from shopkeeper.data.consent import Circle, Purpose
from shopkeeper.data.eventlog import EventLog
from shopkeeper.ports.people import PeopleStore, PrivacyTerms


class Logged(Protocol):
    """What can be read as columns."""

    def log(self) -> EventLog:
        """Return it."""

    def count(self) -> int:
        """Return the number of events, quickly."""


class EventsAllowed:
    """An AllowedEvents over a store of events; who says no is left out from the next log on."""

    def __init__(self, events: Logged, people: PeopleStore, terms: PrivacyTerms, purpose: Purpose) -> None:
        self._events, self._people, self._terms, self._purpose = events, people, terms, purpose

    def log(self) -> EventLog:
        """Return what they did as columns."""
        return self._events.log().within(self.circle())

    def count(self) -> int:
        """Return the number of all events, quickly."""
        return self._events.count()

    def circle(self) -> Circle:
        """Return who allows it."""
        return self._terms.get().circle(self._purpose, self._people.everybody())

    def stamp(self) -> Hashable:
        """Return something that is another once somebody said something, quickly."""
        return self._people.newest(), self._terms.get().model_dump_json()
