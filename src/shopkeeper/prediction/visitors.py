"""What comes to people in so many days, asked at moments a horizon apart."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.kit.clock import from_us
from shopkeeper.kit.errors import InvalidInput, TooLittle
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.cases import Cases, Known
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.features import DAY_US, NAMES, Moments, features
from shopkeeper.prediction.forecast import LEAST_NEWEST, Asked, check
from shopkeeper.prediction.labels import came

_ORIGINS = 12
"""Earlier moments that trees learn from, at most."""


def _learn(prediction: Prediction, told: Behaviour, past: EventLog, as_of: int) -> tuple[Known, Known]:
    """Return cases at moments a horizon apart, and at the newest whose horizon has ended."""
    horizon = int(prediction.horizon_days or 0) * DAY_US
    first, newest = int(past.at.min()), min(as_of, int(past.at.max())) - horizon
    origins = [newest - k * horizon for k in range(1, _ORIGINS + 1) if newest - k * horizon > first]
    if not origins:
        raise TooLittle(
            f"The events cover less than three times {prediction.horizon_days} days: wait, or look less far."
        )
    cases = [slice_at(prediction, told, past, origin) for origin in origins]
    learned = np.concatenate([x for x, _ in cases]), np.concatenate([happened for _, happened in cases])
    calibrated = slice_at(prediction, told, past, newest)
    check(int(learned[1].sum()), f"shoppers with {prediction.comes} in the horizon")
    check(int(calibrated[1].sum()), f"shoppers with {prediction.comes} in the newest horizon", LEAST_NEWEST)
    return learned, calibrated


def slice_at(prediction: Prediction, told: Behaviour, log: EventLog, origin: int) -> Known:
    """Return the features of who was active before a moment, and whether the label came in the horizon after it.

    InvalidInput where that horizon has not ended by the newest event of the log.
    """
    until = origin + int(prediction.horizon_days or 0) * DAY_US
    if until > int(log.at.max()):
        raise InvalidInput(f"What comes until {from_us(until)} is not known yet: take an earlier moment.")
    moments = active(prediction, log, origin)
    users = came(prediction, told, log.take((log.at > origin) & (log.at <= until)))
    return features(log, moments, told.category_of), np.isin(moments.user_idx, users)


def active(prediction: Prediction, log: EventLog, at: int) -> Moments:
    """Return who did something in the time before a moment that a prediction is about."""
    was = (log.at <= at) & (log.at > at - prediction.active_days * DAY_US)
    users = np.unique(log.user_idx[was])
    if prediction.entity == "user":
        users = users[np.isin(users, log.user_idx[(log.at <= at) & (log.type == EventType.PURCHASE)])]
    return Moments(users, np.full(len(users), at))


def _ask(
    prediction: Prediction, told: Behaviour, past: EventLog, asked: Asked
) -> tuple[NDArray[np.float32], NDArray[np.bool_], str]:
    is_active = np.isin(asked.users, active(prediction, past, asked.as_of).user_idx)
    moments = Moments(asked.users[is_active], np.full(int(is_active.sum()), asked.as_of))
    orders = "has not ordered, or " if prediction.entity == "user" else ""
    silence = f"{orders}did nothing in the {prediction.active_days} days before; of such nothing was learned"
    return features(past, moments, told.category_of), is_active, silence


VISITORS = Cases(NAMES, _learn, _ask)
