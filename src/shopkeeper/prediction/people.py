"""What was known of people at moments, by their ids."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.clock import to_us
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.features import NAMES, Moments, features


def known_of(told: Behaviour, shopper_ids: Sequence[str], at: Sequence[datetime]) -> NDArray[np.float64]:
    """Return what was known of each person at a moment, and nothing that came after it, (n, F)."""
    x = np.full((len(shopper_ids), len(NAMES)), np.nan)
    users = told.log.users.indices(shopper_ids)
    seen = users >= 0
    if seen.any():
        moments = Moments(users[seen], np.array([to_us(one) for one in at], np.int64)[seen])
        x[seen] = features(told.log, moments, told.category_of)
    return x
