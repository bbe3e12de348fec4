"""Which events are what a prediction asks for, and to whom it came."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import type_of
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.prediction.behaviour import Behaviour, Labels
from shopkeeper.prediction.definition import Prediction


def marked(prediction: Prediction, told: Behaviour, log: EventLog) -> NDArray[np.bool_]:
    """Return which of some events are the label, each seen by itself."""
    if prediction.label_sql is None:
        return np.asarray(log.type == type_of(prediction.label or ""))
    return _labels(told).marked(prediction.label_sql, told.only(log))


def came(prediction: Prediction, told: Behaviour, log: EventLog) -> NDArray[np.int32]:
    """Return to whom the label came in some events, which are those of a horizon and no others."""
    if prediction.label_sql is None or not prediction.has_query:
        return log.user_idx[marked(prediction, told, log)]
    users, at = _labels(told).named(prediction.label_sql, told.only(log))
    if len(at) and not (len(log) and log.at.min() <= at.min() <= at.max() <= log.at.max()):
        raise InvalidInput("label_sql tells times that no event of the horizon has: select those of events.")
    return users


def _labels(told: Behaviour) -> Labels:
    if told.labels is None:
        raise InvalidInput("Nobody here can read label_sql: give a label instead.")
    return told.labels
