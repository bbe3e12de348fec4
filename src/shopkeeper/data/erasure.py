"""Whom a shop must forget, and what became of it, place by place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shopkeeper.data.merges import Merge, Span, spans

ERASED_PREFIX = "erased:"
"""Begins what stands for an erased person where a row is kept for the books; it is drawn by chance and told nobody."""

State = Literal["waiting", "erased", "pseudonym", "later", "elsewhere"]
"""Of a place: still to be done, done, done by a name drawn by chance, done when it is made anew, out of reach."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Persons of whom nothing may be left."""

    ids: frozenset[str] = frozenset()
    """Of users and visitors: all that is under them is theirs."""
    spans: tuple[Span, ...] = ()
    """What is theirs of visitors who were other users as well: that, and nothing else of these visitors."""

    def __add__(self, other: "Gone") -> "Gone":
        return Gone(self.ids | other.ids, tuple(dict.fromkeys(self.spans + other.spans)))


@dataclass(frozen=True, slots=True)
class Place:
    """What there is, or was, of somebody in one place."""

    name: str
    n: int
    """Rows, files or versions of models that tell of them."""
    state: State
    about: str
    """What is done there."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was asked for, and how far it is."""

    erasure_id: str
    asked_at: datetime
    places: Sequence[Place]
    gone: Gone | None
    """None once it is done: who it was is known no longer."""
    n_buried: int
    """Of how many ids the shop knew then that they are erased, for ever."""
    done_at: datetime | None = None


def person(shopper_id: str, merges: Sequence[Merge]) -> Gone:
    """Return who is meant by an id, `merges` being those about it: a visitor who was one user alone is that user."""
    users = {merge.user_id for merge in merges if merge.visitor_id == shopper_id}
    return Gone(frozenset({shopper_id, *users})) if len(users) == 1 else Gone(frozenset({shopper_id}))


def whole_person(gone: Gone, merges: Iterable[Merge]) -> Gone:
    """Return a person with the visitors that the user was; of one who was others too, with the user's times alone."""
    told = list(merges)
    owners: dict[str, set[str]] = {}
    for merge in told:
        owners.setdefault(merge.visitor_id, set()).add(merge.user_id)
    own = frozenset(visitor for visitor, users in owners.items() if users <= gone.ids)
    shared = tuple(span for span in spans(told) if span.user_id in gone.ids and span.visitor_id not in own | gone.ids)
    return gone + Gone(own, shared)
