"""What predictions are made from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import GUEST_PREFIX
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.clock import from_us
from shopkeeper.kit.errors import InvalidInput


@dataclass(frozen=True, slots=True, eq=False)
class Behaviour:
    """What a prediction is made from: events, and where the products belong."""

    log: EventLog
    names: Vocabulary
    """Of the categories."""
    category_of: NDArray[np.int32]
    """Of each product of the log; -1 for none."""

    @classmethod
    def of(cls, log: EventLog, categories: Mapping[str, str]) -> "Behaviour":
        """Return it with the category of each product by its id, where there is one."""
        names = Vocabulary(sorted({categories[item] for item in log.items if item in categories}))
        return cls(log, names, names.indices([categories.get(item) for item in log.items]))

    def until(self, as_of: int) -> EventLog:
        """Return what had happened by a moment; InvalidInput where nothing had."""
        past = self.log.take((self.log.at <= as_of) & ~self.log.is_guest()[self.log.user_idx])
        if not len(past):
            when = (
                f"the first event is of {from_us(int(self.log.at.min()))}" if len(self.log) else "there are no events"
            )
            raise InvalidInput(f"Nothing had happened by {from_us(as_of)}; {when}: ask for a later time.")
        return past

    def of_people(self, user_idx: NDArray[np.int32], as_of: int) -> EventLog:
        """Return what some people had done by a moment; of guests, who cannot come back, nothing."""
        known = [user for user in np.unique(user_idx).tolist() if user >= 0 and not self._is_guest(user)]
        return self.log.take((self.log.at <= as_of) & np.isin(self.log.user_idx, known))

    def parts(self, as_of: int, at_once: int) -> Iterator[tuple[float, EventLog, NDArray[np.int32]]]:
        """Give what everybody had done by a moment, some people at a time, with the share of all that is told then."""
        past = self.until(as_of)
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
        for column in (self.log.user_idx, self.log.item_idx, self.log.type, self.log.at, self.category_of):
            digest.update(column.tobytes())
        return digest.hexdigest()
