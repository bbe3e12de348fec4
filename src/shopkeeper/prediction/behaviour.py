"""What predictions are made from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import GUEST_PREFIX
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.clock import from_us
from shopkeeper.kit.errors import InvalidInput


class Labels(Protocol):
    """Finds what a merchant asks for, in SQL, among events and nothing else; InvalidInput where that cannot be used."""

    def marked(self, condition: str, told: "Behaviour") -> NDArray[np.bool_]:
        """Return which events fulfil a condition on each of them."""

    def named(self, query: str, told: "Behaviour") -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return whom (user_idx) a query names, and when: it may look at all of the events."""


@dataclass(frozen=True, slots=True, eq=False)
class Behaviour:
    """What a prediction is made from: events, and where the products belong."""

    log: EventLog
    names: Vocabulary
    """Of the categories."""
    category_of: NDArray[np.int32]
    """Of each product of the log; -1 for none."""
    labels: Labels | None = None
    """Who can read labels in SQL."""

    @classmethod
    def of(cls, log: EventLog, categories: Mapping[str, str], labels: Labels | None = None) -> "Behaviour":
        """Return it with the category of each product by its id, where there is one."""
        names = Vocabulary(sorted({categories[item] for item in log.items if item in categories}))
        return cls(log, names, names.indices([categories.get(item) for item in log.items]), labels)

    def only(self, log: EventLog) -> "Behaviour":
        """Return the same of a part of the log."""
        return replace(self, log=log)

    def until(self, as_of: int, *, guests: bool = False) -> EventLog:
        """Return what had happened by a moment, guests left out unless asked for; InvalidInput where nothing had."""
        had = self.log.at <= as_of
        past = self.log.take(had if guests else had & ~self.log.is_guest()[self.log.user_idx])
        if not len(past):
            when = (
                f"the first event is of {from_us(int(self.log.at.min()))}" if len(self.log) else "there are no events"
            )
            raise InvalidInput(f"Nothing had happened by {from_us(as_of)}; {when}: ask for a later time.")
        return past

    def of_people(self, user_idx: NDArray[np.int32], as_of: int, *, guests: bool = False) -> EventLog:
        """Return what some people had done by a moment; of guests, who cannot come back, nothing unless asked for."""
        people = np.unique(user_idx[user_idx >= 0]).tolist()
        known = [user for user in people if guests or not self._is_guest(user)]
        return self.log.take((self.log.at <= as_of) & np.isin(self.log.user_idx, known))

    def parts(
        self, as_of: int, at_once: int, *, guests: bool = False
    ) -> Iterator[tuple[float, EventLog, NDArray[np.int32]]]:
        """Give what everybody had done by a moment, some people at a time, with the share of all that is told then."""
        past = self.until(as_of, guests=guests)
        first = np.append(np.flatnonzero(np.diff(past.user_idx, prepend=-1)), len(past))
        for start in range(0, len(first) - 1, at_once):
            rows = first[start : start + at_once + 1]
            users = past.user_idx[rows[:-1]]
            yield (start + len(users)) / (len(first) - 1), past.take(slice(rows[0], rows[-1])), users

    def _is_guest(self, user: int) -> bool:
        return self.log.users[user].startswith(GUEST_PREFIX)

    def fingerprint(self) -> str:
        """Return 16 hex digits that change with any event or category."""
        digest = blake2b(digest_size=8)
        for ids in (self.log.users, self.log.items, self.names):
            digest.update("\0".join(ids).encode())
        for column in (
            self.log.user_idx,
            self.log.item_idx,
            self.log.type,
            self.log.at,
            self.log.words,
            self.category_of,
        ):
            digest.update(column.tobytes())
        return digest.hexdigest()
