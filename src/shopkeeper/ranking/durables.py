"""Who bought a fridge needs no second one now."""

import numpy as np

from shopkeeper.data.columns import Columns, Mask, Numbers
from shopkeeper.data.events import EventType
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.kit.places import places
from shopkeeper.kit.spans import lasting
from shopkeeper.ranking.candidates import Candidates


def pause(
    found: Candidates, columns: Columns, history: HistoryBatch, pauses: Numbers, returned: Mask, share: float
) -> Candidates:
    """Return the candidates, each by its merit times 1 - share while its kind is paused for the person.

    Its kind is its first category; it is paused for as many days after a purchase as `pauses`, (n_items,), says of what
    was bought, 0 or missing for none. What was given back, (n_items,), pauses nothing.
    """
    bought = history.are_of((EventType.PURCHASE,))
    own = lasting(history.item_idx, bought, history.ages_us, pauses, DAY_US, returned)
    if not len(own):
        return found
    kind_of = columns.first("category")
    kinds = kind_of[own]
    rests = places(kinds[kinds >= 0], kind_of[found.item_idx]) >= 0
    return found.weighed(np.where(rests, 1 - share, 1.0)) if rests.any() else found
