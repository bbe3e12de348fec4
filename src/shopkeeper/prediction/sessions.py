"""What is still to come in a session: asked at an event, or in the silence after it that may end the session.

Guests count: what a session is like tells more than who it is.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.cases import NEWEST, Cases, Known, drawn
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.features import (
    DAY_US,
    NAMES,
    SESSION_US,
    Floats,
    Moments,
    Past,
    features,
    session_begins,
)
from shopkeeper.prediction.forecast import LEAST_NEWEST, Asked, check
from shopkeeper.prediction.labels import marked

_COUNTED = (EventType.VIEW, EventType.PURCHASE, EventType.SEARCH, EventType.CLICK)

SESSION_NAMES: Sequence[str] = (
    *NAMES,
    *(f"{kind.label}s of the newest session" for kind in _COUNTED),
    "seconds between its events",
    "categories of the newest session",
    "events of the product met most in it",
    "mean price viewed in it",
    "mean price put in the cart in it",
    "products of it that were known before",
    "days from the session before to it",
)
"""Of the columns; `it` is the newest session."""


def session_features(log: EventLog, moments: Moments, categories: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return a row of SESSION_NAMES for each moment; NaN: nothing is known."""
    return features(log, moments, categories, _columns)


def _columns(past: Past) -> list[Floats]:
    every = np.ones(len(past.at), np.bool_)
    begins = session_begins(past.of, past.at)
    own = past.is_since(begins)
    viewed, put = (own & (past.kind == kind) & ~np.isnan(past.price) for kind in (EventType.VIEW, EventType.CART))
    has_item = own & (past.item >= 0)
    newest, before = past.last(past.at, every), past.last(past.at, ~own)
    looked, times = past.different(past.item, has_item)
    most = np.zeros(past.n)
    np.maximum.at(most, looked, times)
    in_it, in_all = past.n_different(past.item, has_item), past.n_different(past.item, past.item >= 0)
    return [
        *(past.count(own & (past.kind == kind)) for kind in _COUNTED),
        (newest - past.last(past.at, begins)) / 1e6 / (past.count(own) - 1),
        past.n_different(past.category, own & (past.category >= 0)),
        most,
        past.total(past.price, viewed) / past.count(viewed),
        past.total(past.price, put) / past.count(put),
        in_it + past.n_different(past.item, ~own & (past.item >= 0)) - in_all,
        (past.last(past.at, begins) - before) / DAY_US,
    ]


def _learn(prediction: Prediction, told: Behaviour, past: EventLog, as_of: int) -> tuple[Known, Known]:
    begins = session_begins(past.user_idx, past.at)
    session = np.cumsum(begins) - 1
    start, end = past.at[begins], past.at[np.append(begins[1:], True)[: len(past)]]
    label_at = np.full(len(start), -1)
    is_label = marked(prediction, told, past)
    np.maximum.at(label_at, session[is_label], past.at[is_label])
    # At an event, or, as often, somewhere in the half hour after it, with more events by then or not.
    chance = _chance(past.at)
    at = past.at + (np.maximum(2 * chance - 1, 0) ** 3 * SESSION_US).astype(np.int64)
    # Whether a session goes on is known when it has been silent for long enough.
    has_ended = end + SESSION_US <= min(as_of, int(past.at.max()))
    cut = np.quantile(start[has_ended], 1 - NEWEST) if has_ended.any() else 0
    known = []
    for of, least in ((has_ended & (end <= cut), None), (has_ended & (start > cut), LEAST_NEWEST)):
        rows = drawn(of[session])
        moments = Moments(past.user_idx[rows], at[rows])
        comes = label_at[session[rows]] > moments.as_of
        n, what = len(np.unique(session[rows][comes])), f"sessions in which {prediction.comes} was still to come"
        check(n, what) if least is None else check(n, f"newest {what}", least)
        known.append((session_features(past, moments, told.category_of), comes))
    return known[0], known[1]


def _chance(at: NDArray[np.int64]) -> Floats:
    """Return a number between 0 and 1 for each time that looks drawn, and is the same whatever else there is."""
    mixed = at.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return np.asarray((mixed >> np.uint64(11)) / 2**53)


def _ask(
    _prediction: Prediction, told: Behaviour, past: EventLog, asked: Asked
) -> tuple[NDArray[np.float32], NDArray[np.bool_], str]:
    newest = past.at[np.searchsorted(past.user_idx, asked.users, "right") - 1]
    is_open = newest + SESSION_US >= asked.as_of
    moments = Moments(asked.users[is_open], np.full(int(is_open.sum()), asked.as_of))
    why = "is in no session: nothing was done in the 30 minutes before"
    return session_features(past, moments, told.category_of), is_open, why


SESSIONS = Cases(SESSION_NAMES, _learn, _ask)
