"""Which visitor turned out to be which user: whose an event is, once somebody has signed in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

import numpy as np

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.clock import to_us


@dataclass(frozen=True, slots=True)
class Merge:
    """When a visitor signed in as a user, whose is what the visitor did since the last merge with somebody else."""

    visitor_id: str
    user_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """What a visitor did after one moment, and up to another; None for no bound."""

    visitor_id: str
    user_id: str | None
    """Whose it is: nobody's that is known, after the last merge."""
    after: datetime | None
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        """Tell whether a moment lies in it."""
        return (self.after is None or at > self.after) and (self.until is None or at <= self.until)


def spans(merges: Iterable[Merge]) -> list[Span]:
    """Return the times of each merged visitor, the oldest first, the last of which is nobody's."""
    found: list[Span] = []
    ordered = sorted(merges, key=lambda merge: (merge.visitor_id, merge.at))
    for visitor_id, own in groupby(ordered, key=lambda merge: merge.visitor_id):
        after = None
        for merge in own:
            found.append(Span(visitor_id, merge.user_id, after, merge.at))
            after = merge.at
        found.append(Span(visitor_id, None, after, None))
    return found


def merged(log: EventLog, merges: Sequence[Merge]) -> EventLog:
    """Return the log with what visitors did under the users they turned out to be."""
    moved = [span for span in spans(merges) if span.user_id is not None and span.visitor_id in log.users]
    if not moved:
        return log
    names = list(dict.fromkeys([*log.users, *(span.user_id for span in moved if span.user_id)]))
    places, user_idx = {name: place for place, name in enumerate(names)}, log.user_idx.copy()
    for span in moved:
        is_theirs = log.user_idx == log.users.index(span.visitor_id)
        if span.after is not None:
            is_theirs &= log.at > to_us(span.after)
        if span.until is not None:
            is_theirs &= log.at <= to_us(span.until)
        user_idx[is_theirs] = places[str(span.user_id)]
    users = Vocabulary(sorted(names[place] for place in np.unique(user_idx)))
    user_idx = users.indices(names)[user_idx]
    return replace(log, users=users, user_idx=user_idx).take(np.lexsort((log.at, user_idx)))
