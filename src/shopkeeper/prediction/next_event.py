"""Which type of event a visitor comes with next: from the two before it, the silence since, and habits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.estimator import State
from shopkeeper.kit.calibration import Calibration
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.legible import legible
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.features import SESSION_US
from shopkeeper.prediction.forecast import Asked, Learned, Said, check
from shopkeeper.prediction.next_category import NextCategory, Steps

Floats = NDArray[np.float64]

TYPES = (
    EventType.VIEW,
    EventType.FAVORITE,
    EventType.CART,
    EventType.UNCART,
    EventType.PURCHASE,
    EventType.CLICK,
    EventType.SEARCH,
)
"""What visitors do; what is shown to them is no act of theirs."""
_N = len(TYPES)
_NONE = _N
"""The place of the type before the first."""
_N_STATES = 2 * _N * (_N + 1)


@dataclass(frozen=True, slots=True, eq=False)
class EventForecast:
    """A Markov chain of types of events, calibrated."""

    model: NextCategory
    calibration: Calibration
    """Of the chance of the most likely type."""

    def state(self) -> State:
        """Return all that was learned."""
        return self.model.state() | self.calibration.state() | {"types": np.array(TYPES)}

    @classmethod
    def from_state(cls, _prediction: Prediction, state: State) -> "EventForecast":
        """Rebuild what `state` returned."""
        if state["types"].tolist() != list(TYPES):
            raise InvalidInput("it was learned from other types of events")
        return cls(NextCategory.from_state(state), Calibration.from_state(state))

    def digest(self) -> bytes:
        """Return bytes that differ where what was learned differs."""
        curve = self.calibration
        numbers = np.array([self.model.prior, curve.slope, curve.offset, *curve.x, *curve.y])
        return self.model.chain.tobytes() + numbers.tobytes()

    def say(self, _told: Behaviour, past: EventLog, asked: Asked) -> list[Said]:
        """Return the type that is most likely next, and how likely."""
        done = _done(past)
        place = _places()[done.type]
        first, end = (np.searchsorted(done.user_idx, asked.users, side) for side in ("left", "right"))
        did = end > first
        last = end[did] - 1
        before = np.where(last > first[did], place[last - 1], _NONE)
        silent = asked.as_of - done.at[last]
        row = np.full(len(past.users), -1)
        row[asked.users[did]] = np.arange(len(last))
        own_of = row[done.user_idx]
        own = np.bincount(own_of[own_of >= 0] * _N + place[own_of >= 0], minlength=len(last) * _N).reshape(-1, _N)
        # Somebody who is asked about twice has the same past.
        own = own[row[asked.users[did]]]
        p = _chances(self.model, own, _state(place[last], before, silent > SESSION_US))
        best = p.argmax(axis=1)
        values = self.calibration.probability(p.max(axis=1, initial=0))
        found = iter(
            Said(
                float(values[k]),
                TYPES[best[k]].label,
                self._reasons(place[last[k]], before[k], silent[k], own[k], best[k]),
            )
            if asked.why
            else Said(float(values[k]), TYPES[best[k]].label)
            for k in range(len(last))
        )
        nothing = Said(None, "did nothing by then but see what was shown")
        return [next(found) if is_one else nothing for is_one in did]

    @staticmethod
    def _reasons(last: int, before: int, silent: int, own: NDArray[np.int64], best: int) -> tuple[str, ...]:
        earlier = f", after a {TYPES[before].label}" if before != _NONE else ""
        return (
            f"the newest event is a {TYPES[last].label}{earlier}",
            f"minutes since then: {legible(silent / 60e6)}",
            f"{TYPES[best].label}s before: {own[best]}",
        )


def event_forecast(_prediction: Prediction, _told: Behaviour, past: EventLog, _as_of: int) -> Learned:
    """Learn which type follows which."""
    steps = event_steps(past)
    check(len(steps.at), "steps from one event to the next")
    old, new = steps.parted()
    before = NextCategory.fit(old, _N, _N_STATES)
    own = np.bincount(old.user * _N + old.after, minlength=len(past.users) * _N).reshape(-1, _N)
    p = _chances(before, own[new.user], new.before)
    is_right = p.argmax(axis=1) == new.after
    reached = {"log loss": before.surprise(old, new), "accuracy": float(is_right.mean())}
    model = NextCategory.fit(steps, _N, _N_STATES)
    return EventForecast(model, Calibration.fit(p.max(axis=1), is_right)), reached


def event_steps(log: EventLog) -> Steps:
    """Return the steps from one event to the next: from right after it, and from when silence had ended the session."""
    done = _done(log)
    place, user = _places()[done.type], done.user_idx.astype(np.int64)
    same = user[1:] == user[:-1]
    before = np.append(np.int64(_NONE), np.where(same, place[:-1], _NONE))[:-1][same]
    last, after, whose, at = place[:-1][same], place[1:][same], user[1:][same], done.at[1:][same]
    silent = np.diff(done.at)[same] > SESSION_US
    states = _state(last, before, np.zeros(len(last), np.bool_)), _state(last, before, silent)[silent]
    return Steps(
        np.r_[whose, whose[silent]], np.r_[at, at[silent]], np.concatenate(states), np.r_[after, after[silent]]
    )


def _chances(model: NextCategory, own: NDArray[np.int64], state: NDArray[np.int64]) -> Floats:
    return np.asarray((own + model.prior * model.chain[state]) / (own.sum(axis=1, keepdims=True) + model.prior))


def _state(last: NDArray[np.int64], before: NDArray[np.int64], silent: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.asarray((silent * _N + last) * (_N + 1) + before)


def _done(log: EventLog) -> EventLog:
    return log.take(np.isin(log.type, TYPES))


def _places() -> NDArray[np.int64]:
    """Return the place in TYPES of each type of event."""
    places = np.full(len(EventType), -1)
    places[list(TYPES)] = np.arange(_N)
    return places
