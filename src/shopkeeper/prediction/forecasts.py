"""What each kind of prediction learns and says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import State
from shopkeeper.kit.errors import TooLittle
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.cases import Cases, check_features, reasons, trees_of
from shopkeeper.prediction.customers import Orders
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.features import DAY_US
from shopkeeper.prediction.forecast import Asked, Fit, Forecast, Learned, Said, check
from shopkeeper.prediction.next_category import NextCategory, Steps
from shopkeeper.prediction.next_event import EventForecast, event_forecast
from shopkeeper.prediction.quality import Quality
from shopkeeper.prediction.sessions import SESSIONS
from shopkeeper.prediction.shown import ShownForecast, shown_forecast
from shopkeeper.prediction.trees import Trees
from shopkeeper.prediction.value import CustomerValue, measured
from shopkeeper.prediction.visitors import VISITORS


@dataclass(frozen=True, slots=True, eq=False)
class _TreesForecast:
    prediction: Prediction
    trees: Trees

    @property
    def measured(self) -> Quality | None:
        return self.trees.measured

    def state(self) -> State:
        return self.trees.state() | Vocabulary(CASES[self.prediction.entity].names).state("features")

    @classmethod
    def from_state(cls, prediction: Prediction, state: State) -> "_TreesForecast":
        check_features(state, CASES[prediction.entity].names)
        return cls(prediction, Trees.from_state(state))

    def digest(self) -> bytes:
        curve = self.trees.calibration
        return (
            self.trees.booster.model_to_string().encode()
            + np.array([curve.slope, curve.offset, *curve.x, *curve.y]).tobytes()
        )

    def say(self, told: Behaviour, past: EventLog, asked: Asked) -> list[Said]:
        cases = CASES[self.prediction.entity]
        x, is_told, silence = cases.ask(self.prediction, told, past, asked)
        why = reasons(self.trees, cases.names, x) if asked.why else [()] * len(x)
        found = iter([Said(float(p), "", own) for p, own in zip(self.trees.probability(x), why, strict=True)])
        silent = Said(None, silence)
        return [next(found) if is_one else silent for is_one in is_told]


def trees_forecast(prediction: Prediction, told: Behaviour, past: EventLog, as_of: int) -> Learned:
    """Learn from cases whose outcome is known, and calibrate on the newest of them."""
    if prediction.entity == "shown":
        return shown_forecast(prediction, told, past, as_of)
    trees, reached = trees_of(*CASES[prediction.entity].learn(prediction, told, past, as_of))
    return _TreesForecast(prediction, trees), reached


def _trees_of_state(prediction: Prediction, state: State) -> Forecast:
    of = ShownForecast if prediction.entity == "shown" else _TreesForecast
    return of.from_state(prediction, state)


CASES: Mapping[str, Cases] = {"visitor": VISITORS, "user": VISITORS, "session": SESSIONS}


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

    def say(self, told: Behaviour, past: EventLog, asked: Asked) -> list[Said]:
        customers = Orders.of(past).customers(asked.as_of // DAY_US)
        if self.horizon_days is None:
            values = 1 - self.value.alive(customers)
        else:
            values = self.value.worth(customers, self.horizon_days)
        place = {int(user): row for row, user in enumerate(customers.user_idx)}
        said = []
        for user in asked.users:
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
            said.append(Said(float(values[row]), "", reasons if asked.why else ()))
        return said


def customer_forecast(prediction: Prediction, _told: Behaviour, past: EventLog, as_of: int) -> Learned:
    """Learn how customers come back, and what they spend."""
    orders, day = Orders.of(past), as_of // DAY_US
    check(int((orders.customers(day).repeats > 0).sum()), "customers who ordered again")
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

    def say(self, told: Behaviour, past: EventLog, asked: Asked) -> list[Said]:
        # The shop may have got categories since: they are told by name, those that were not learned are not said.
        known = self.names.indices(list(told.names))
        category = np.append(np.append(known, np.int32(-1))[told.category_of], np.int32(-1))[past.item_idx]
        said = []
        for user in asked.users:
            rows = slice(*np.searchsorted(past.user_idx, [user, user + 1]))
            own = category[rows][category[rows] >= 0]
            last = int(own[-1]) if len(own) else -1
            p = self.model.probabilities(np.bincount(own, minlength=len(self.names)).astype(np.float64), last)
            best = int(np.argmax(p))
            after = f"the newest category is {self.names[last]}" if last >= 0 else "no category is known of the shopper"
            reasons = (after, f"events in {self.names[best]}: {int((own == best).sum())}")
            said.append(Said(float(p[best]), self.names[best], reasons if asked.why else ()))
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
    check(len(steps.at), "steps from one product with a category to the next")
    old, new = steps.parted()
    surprise = NextCategory.fit(old, len(told.names)).surprise(old, new)
    return _CategoryForecast(NextCategory.fit(steps, len(told.names)), told.names), {"log loss": surprise}


FORECASTS: Mapping[str, Fit] = {
    "trees": trees_forecast,
    "churn": customer_forecast,
    "value": customer_forecast,
    "next_category": category_forecast,
    "next_event": event_forecast,
}

RESTORED: Mapping[str, Callable[[Prediction, State], Forecast]] = {
    "trees": _trees_of_state,
    "churn": _CustomerForecast.from_state,
    "value": _CustomerForecast.from_state,
    "next_category": _CategoryForecast.from_state,
    "next_event": EventForecast.from_state,
}
"""What rebuilds a forecast from its state; KeyError or InvalidInput where it is none of this Shopkeeper."""
