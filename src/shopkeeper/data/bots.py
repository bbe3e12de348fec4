"""Who looks at more than anybody does by hand: programs that walk through a shop."""

from dataclasses import dataclass

import numpy as np

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import INTERACTIONS
from shopkeeper.data.history import HOUR_US


@dataclass(frozen=True, slots=True)
class Bot:
    """Somebody who is probably a program."""

    shopper_id: str
    item_ids: tuple[str, ...]
    """Some of what they turned to."""
    products: int
    """How many they turned to in their busiest hour."""


@dataclass(frozen=True, slots=True)
class BotFinder:
    """Finds whoever turned to more products within an hour of the clock than a person can, as browsers say.

    What a server says is left alone: a wholesaler's order has a thousand lines. The same product again and again is
    one vote of a day anyway.
    """

    most: int = 300
    """Products in an hour, one in twelve seconds."""

    def find(self, log: EventLog) -> list[Bot]:
        """Return the suspects, by their id."""
        said = log.take(log.of_page & np.isin(log.type, INTERACTIONS) & (log.item_idx >= 0))
        hour = said.at // HOUR_US
        _, of_event, events = np.unique(
            said.user_idx * (hour.max(initial=0) + 1) + hour, return_inverse=True, return_counts=True
        )
        said = said.take(events[of_event] > self.most)
        seen = np.unique(np.stack((said.user_idx, said.at // HOUR_US, said.item_idx)), axis=1)
        hours, products = np.unique(seen[:2], axis=1, return_counts=True)
        busiest = np.zeros(len(log.users), np.int64)
        np.maximum.at(busiest, hours[0], products)
        return [
            Bot(
                log.users[user],
                tuple(log.items[item] for item in seen[2, seen[0] == user][:5].tolist()),
                int(busiest[user]),
            )
            for user in np.flatnonzero(busiest > self.most).tolist()
        ]
