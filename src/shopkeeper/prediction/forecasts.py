"""What each kind of prediction learns and says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType, type_of
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import State
from shopkeeper.kit.clock import from_us
from shopkeeper.kit.errors import InvalidInput, TooLittle
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.customers import Orders
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.features import DAY_US, NAMES, Moments, features
from shopkeeper.prediction.next_category import NextCategory, Steps
from shopkeeper.prediction.quality import Quality
from shopkeeper.prediction.trees import Trees
from shopkeeper.prediction.value import CustomerValue, measured

LEAST = 500
"""Positives below which nothing is said: cases in which it came true, customers who ordered again, steps."""
_ORIGINS = 12
"""Earlier moments that trees learn from, a horizon apart, at most."""
_LEAST_NEWEST = 50
"""Positives at the newest moment, on which is calibrated."""
_REASONS = 3


Metrics = Mapping[str, float]
"""What was reached at the newest moment, of which nothing had been learned."""


class Forecast(Protocol):
    """A model that has learned one prediction."""

    def state(self) -> State:
        """Return all that was learned."""

    def digest(self) -> bytes:
        """Return bytes that differ where what was learned differs."""

    def say(self, told: Behaviour, past: EventLog, users: NDArray[np.int32], as_of: int, why: bool) -> list["Said"]:
        """Return what is said of each, who all did something by then; without `why` there are no reasons."""


@runtime_checkable
class Measured(Protocol):
    """A forecast whose probabilities were held against what happened."""

    @property
    def measured(self) -> Quality | None:
        """Return how good they were; None where nothing could be told apart."""


@dataclass(frozen=True, slots=True)
class Said:
    """A score before it is signed."""

    value: float | None
    text: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _TreesForecast:
    prediction: Prediction
    trees: Trees

    @property
    def measured(self) -> Quality | None:
        return self.trees.measured

    def state(self) -> State:
        return self.trees.state() | Vocabulary(NAMES).state("features")

    @classmethod
    def from_state(cls, prediction: Prediction, state: State) -> "_TreesForecast":
        if list(Vocabulary.from_state("features", state)) != list(NAMES):
            raise InvalidInput("it was learned from other features")
        return cls(prediction, Trees.from_state(state))

    def digest(self) -> bytes:
        curve = self.trees.calibration
        return (
            self.trees.booster.model_to_string().encode()
            + np.array([curve.slope, curve.offset, *curve.x, *curve.y]).tobytes()
        )

    def say(self, told: Behaviour, past: EventLog, users: NDArray[np.int32], as_of: int, why: bool) -> list[Said]:
        is_active = np.isin(users, active(self.prediction, past, as_of).user_idx)
        asked = users[is_active]
        x = features(past, Moments(asked, np.full(len(asked), as_of)), told.category_of)
        reasons = self._reasons(x) if why else [()] * len(x)
        found = iter([Said(float(p), "", own) for p, own in zip(self.trees.probability(x), reasons, strict=True)])
        silent = Said(
            None, f"did nothing in the {self.prediction.active_days} days before; of such nothing was learned"
        )
        return [next(found) if was else silent for was in is_active]

    def _reasons(self, x: NDArray[np.float32]) -> list[tuple[str, ...]]:
        told = []
        for row, weights in zip(x, self.trees.contributions(x), strict=True):
            strongest = np.argsort(-np.abs(weights), kind="stable")[:_REASONS]
            told.append(tuple(f"{NAMES[k]}: {row[k]:.6g} ({'+' if weights[k] > 0 else '-'})" for k in strongest))
        return told


Learned = tuple[Forecast, Metrics]
Fit = Callable[[Prediction, Behaviour, EventLog, int], Learned]
"""Learns a prediction from what had happened by a moment; TooLittle where that says too little."""


def trees_forecast(prediction: Prediction, told: Behaviour, past: EventLog, as_of: int) -> Learned:
    """Learn at moments a horizon apart, calibrate at the newest whose horizon has ended."""
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
    _check(int(learned[1].sum()), f"shoppers with a {prediction.label} in the horizon")
    _check(int(calibrated[1].sum()), f"shoppers with a {prediction.label} in the newest horizon", _LEAST_NEWEST)
    trees = Trees.fit(learned, calibrated)
    if (quality := trees.measured) is None:
        return _TreesForecast(prediction, trees), {}
    reached = {"AUC": quality.auc, "AP": quality.average_precision, "Brier": quality.brier, "ECE": quality.ece}
    return _TreesForecast(prediction, trees), reached


def slice_at(
    prediction: Prediction, told: Behaviour, log: EventLog, origin: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the features of who was active before a moment, and whether the label came in the horizon after it.

    InvalidInput where that horizon has not ended by the newest event of the log.
    """
    until = origin + int(prediction.horizon_days or 0) * DAY_US
    if until > int(log.at.max()):
        raise InvalidInput(f"What comes until {from_us(until)} is not known yet: take an earlier moment.")
    moments = active(prediction, log, origin)
    came = (log.at > origin) & (log.at <= until) & (log.type == type_of(prediction.label or ""))
    return features(log, moments, told.category_of), np.isin(moments.user_idx, log.user_idx[came])


def active(prediction: Prediction, log: EventLog, at: int) -> Moments:
    """Return who did something in the time before a moment that a prediction is about."""
    was = (log.at <= at) & (log.at > at - prediction.active_days * DAY_US)
    users = np.unique(log.user_idx[was])
    return Moments(users, np.full(len(users), at))


@dataclass(frozen=True, slots=True, eq=False)
class _CustomerForecast:
    value: CustomerValue
    horizon_days: int | None
    """None: the chance of having left."""

    def state(self) -> State:
        return self.value.state()

    @classmethod
    def from_state(cls, prediction: Prediction, state: State) -> "_CustomerForecast":
        return cls(CustomerValue.from_state(state), prediction.horizon_days)

    def digest(self) -> bytes:
        return repr(self.value).encode() + self.value.revenue.weights.tobytes() + self.value.orders.weights.tobytes()

    def say(self, told: Behaviour, past: EventLog, users: NDArray[np.int32], as_of: int, why: bool) -> list[Said]:
        customers = Orders.of(past).customers(as_of // DAY_US)
        if self.horizon_days is None:
            values = 1 - self.value.alive(customers)
        else:
            values = self.value.worth(customers, self.horizon_days)
        place = {int(user): row for row, user in enumerate(customers.user_idx)}
        said = []
        for user in users:
            row = place.get(int(user))
            if row is None:
                said.append(Said(None, "has not ordered by then"))
                continue
            silent = customers.age[row] - customers.last[row]
            reasons = (
                f"orders: {customers.repeats[row] + 1}",
                f"days since the newest order: {silent:.0f}",
                f"days from the first to the newest: {customers.last[row]:.0f}",
            )
            said.append(Said(float(values[row]), "", reasons if why else ()))
        return said


def customer_forecast(prediction: Prediction, _told: Behaviour, past: EventLog, as_of: int) -> Learned:
    """Learn how customers come back, and what they spend."""
    orders, day = Orders.of(past), as_of // DAY_US
    _check(int((orders.customers(day).repeats > 0).sum()), "customers who ordered again")
    horizon_days = prediction.horizon_days or 90
    value, reached = CustomerValue.fit(orders, day, horizon_days), measured(orders, day, horizon_days)
    if prediction.horizon_days is None:
        reached = {name: figure for name, figure in reached.items() if name == "AUC"}
    return _CustomerForecast(value, prediction.horizon_days), reached


@dataclass(frozen=True, slots=True, eq=False)
class _CategoryForecast:
    model: NextCategory
    names: Vocabulary

    def state(self) -> State:
        return self.model.state() | self.names.state("names")

    @classmethod
    def from_state(cls, _prediction: Prediction, state: State) -> "_CategoryForecast":
        return cls(NextCategory.from_state(state), Vocabulary.from_state("names", state))

    def digest(self) -> bytes:
        return self.model.chain.tobytes() + "\n".join(self.names).encode()

    def say(self, told: Behaviour, past: EventLog, users: NDArray[np.int32], as_of: int, why: bool) -> list[Said]:
        # The shop may have got categories since: they are told by name, those that were not learned are not said.
        known = self.names.indices(list(told.names))
        category = np.append(np.append(known, np.int32(-1))[told.category_of], np.int32(-1))[past.item_idx]
        said = []
        for user in users:
            rows = slice(*np.searchsorted(past.user_idx, [user, user + 1]))
            own = category[rows][category[rows] >= 0]
            last = int(own[-1]) if len(own) else -1
            p = self.model.probabilities(np.bincount(own, minlength=len(self.names)).astype(np.float64), last)
            best = int(np.argmax(p))
            after = f"the newest category is {self.names[last]}" if last >= 0 else "no category is known of the shopper"
            reasons = (after, f"events in {self.names[best]}: {int((own == best).sum())}")
            said.append(Said(float(p[best]), self.names[best], reasons if why else ()))
        return said


def category_forecast(_prediction: Prediction, told: Behaviour, past: EventLog, _as_of: int) -> Learned:
    """Learn which category follows which."""
    if not len(told.names):
        raise TooLittle("No product of the log has a category: import the catalogue with its categories.")
    category = np.append(told.category_of, np.int32(-1))[past.item_idx]
    has = (category >= 0) & (past.type != EventType.IMPRESSION)
    user, at, kinds = past.user_idx[has].astype(np.int64), past.at[has], category[has].astype(np.int64)
    same = user[1:] == user[:-1]
    steps = Steps(user[1:][same], at[1:][same], kinds[:-1][same], kinds[1:][same])
    _check(len(steps.at), "steps from one product with a category to the next")
    old, new = steps.parted()
    surprise = NextCategory.fit(old, len(told.names)).surprise(old, new)
    return _CategoryForecast(NextCategory.fit(steps, len(told.names)), told.names), {"log loss": surprise}


def _check(n: int, what: str, least: int = LEAST) -> None:
    if n < least:
        raise TooLittle(f"There are {n:,} {what}, and below {least} nothing is said: wait for more.")


FORECASTS: Mapping[str, Fit] = {
    "trees": trees_forecast,
    "churn": customer_forecast,
    "value": customer_forecast,
    "next_category": category_forecast,
}

RESTORED: Mapping[str, Callable[[Prediction, State], Forecast]] = {
    "trees": _TreesForecast.from_state,
    "churn": _CustomerForecast.from_state,
    "value": _CustomerForecast.from_state,
    "next_category": _CategoryForecast.from_state,
}
"""What rebuilds a forecast from its state; KeyError or InvalidInput where it is none of this Shopkeeper."""
