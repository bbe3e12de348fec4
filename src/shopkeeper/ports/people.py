"""What the service of people needs from outside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from shopkeeper.data.consent import Consent, Preferences, Privacy, Said


class PeopleStore(Protocol):
    """What people allow and prefer. What was added survives a crash."""

    def add(self, consents: Sequence[Consent]) -> list[bool]:
        """Add answers, all or none; return for each whether it is new (False: its consent_id was there already)."""

    def said(self, shopper_ids: Collection[str]) -> Mapping[str, Said]:
        """Return what those of them said who said anything, quickly: it is asked before each list."""

    def everybody(self) -> Mapping[str, Said]:
        """Return what everybody said who said anything."""

    def change(self, shopper_id: str, change: Callable[[Preferences], Preferences]) -> Preferences:
        """Replace what a person prefers by what is made of it, and return that; nobody else changes it meanwhile."""


class PrivacyTerms(Protocol):
    """What the shop asks its customers; what is changed counts from the next request on."""

    def get(self) -> Privacy:
        """Return it as it is now; the strictest while it cannot be read."""

    def problem(self) -> str | None:
        """Return why it cannot be read, if that is so."""
