"""How far what was done is believed when models learn: whom, said by what, and how often."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.data.history import DAY_US

_STRENGTH = {EventType.PURCHASE: 4, EventType.CART: 3, EventType.FAVORITE: 2, EventType.CLICK: 1}
"""Of what somebody did with a product in a day, what counts: the most."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What an event weighs in training: w = (what says it) x (who did it), once for each person, product and day.

    Anybody can have a browser send events and make visitors by the thousand; to buy, or to be here for a month, costs
    money and time (decision 29).
    """

    of_pages: float = 0.3
    """What a browser says, where a server says anything; where all comes from browsers, each is as good as another."""
    of_new: float = 0.1
    """Of somebody who came just now and bought nothing that a server knows of."""
    earned_days: float = 30.0
    """After so many days somebody is trusted wholly; who bought is at once."""

    def of_people(self, log: EventLog) -> NDArray[np.float32]:
        """Return the trust in each person, shape (n_users,)."""
        now = log.at.max(initial=0)
        first = np.full(len(log.users), now, np.int64)
        np.minimum.at(first, log.user_idx, log.at)
        trust = self.of_new + (1 - self.of_new) * np.minimum(1, (now - first) / (self.earned_days * DAY_US))
        trust[log.user_idx[(log.type == EventType.PURCHASE) & ~log.of_page]] = 1
        return np.asarray(trust, np.float32)

    def of_events(self, log: EventLog) -> NDArray[np.float32]:
        """Return the weight of each event, shape (n,); 0 for a second vote of a person for a product on one day."""
        says = np.where(log.of_page & (not log.of_page.all()), self.of_pages, 1.0)
        weights = self.of_people(log)[log.user_idx] * says
        return np.where(_counts(log), weights, 0).astype(np.float32)


def _counts(log: EventLog) -> NDArray[np.bool_]:
    """Return which events are the vote of their person for a product on a day, shape (n,); without one, all are."""
    strength = np.zeros(max(EventType) + 1, np.int8)
    for kind, value in _STRENGTH.items():
        strength[kind] = value
    # Of equals, the first, and what a server says before what a browser does.
    order = np.lexsort((log.at, log.of_page, -strength[log.type], log.at // DAY_US, log.item_idx, log.user_idx))
    keys = [column[order] for column in (log.user_idx, log.item_idx, log.at // DAY_US)]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = np.logical_or.reduce([np.diff(key) != 0 for key in keys])
    counts = np.empty(len(order), np.bool_)
    counts[order] = is_first
    return counts | (log.item_idx < 0)
