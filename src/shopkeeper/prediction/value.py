"""What customers will order and spend, and whether: a model of their lives, and regressions that correct it.

BG/NBD and gamma-gamma know how customers in general come and go, and nothing of this shop's habits; a Poisson
regression learns these from what came after earlier moments of the same past, and knows nothing of leaving. What is
said is between both: how near to which was best at the newest of these moments, for a fit that knew nothing after it.
Whether somebody orders at all is a regression of its own, and half of what it would have been off by in the newest
four weeks is made up for: half, since some of that is there to stay and some is chance.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from shopkeeper.estimator import State
from shopkeeper.kit.errors import InvalidInput, TooLittle
from shopkeeper.prediction.customers import Customers, Orders
from shopkeeper.prediction.habits import LogLinear
from shopkeeper.prediction.lifetimes import Comebacks, Spending
from shopkeeper.prediction.quality import Quality

Floats = NDArray[np.float64]

_ORIGINS, _STEP_DAYS = 3, 28
"""Earlier moments that the regression learns from, and the days between them."""
_SHARES = (0.25, 0.5, 0.75)
"""Of the regression, to choose from; neither is left out, since one moment cannot tell that for all that come."""
_TREND_DAYS = 28
"""The newest part of the past, that tells whether more or fewer order than did."""
_ALIVE_DAYS = 90
"""Who orders within so many days is still a customer."""
_MOST = 3.0
"""Of the logarithm of a turn: what is beyond is no turn of a shop that can be made up for."""
_SMALLEST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class CustomerValue:
    """All that is known of how a shop's customers come back and spend."""

    comebacks: Comebacks
    spending: Spending
    orders: LogLinear
    revenue: LogLinear
    first: LogLinear
    """Of the next order, whatever comes after it."""
    share: float = 0.5
    """Of the regressions in what is said."""

    @classmethod
    def fit(cls, orders: Orders, as_of_day: int, horizon_days: int) -> "CustomerValue":
        """Learn from the orders up to the end of a day, to look so many days ahead."""
        value = cls._fit(orders, as_of_day, horizon_days)
        value = replace(value, first=value.first.shifted(_trend(orders, as_of_day) / 2))
        newest = _newest_origin(orders, as_of_day, horizon_days)
        try:
            before = cls._fit(orders, newest, as_of_day - newest)
        except TooLittle:
            return value  # too short a past to choose in
        customers = orders.customers(newest)
        came, _ = orders.came(customers, newest, as_of_day)

        def error(share: float) -> float:
            expected = replace(before, share=share).purchases(customers, as_of_day - newest)
            return float(((expected - came) ** 2).mean())

        return replace(value, share=min(_SHARES, key=error))

    @classmethod
    def _fit(cls, orders: Orders, as_of_day: int, horizon_days: int) -> "CustomerValue":
        if not (orders.day <= as_of_day).any():
            raise InvalidInput("There is no order before the as-of time, so nothing can be learned: give a later one.")
        x, came, paid, days = _cases(orders, as_of_day, horizon_days)
        customers = orders.customers(as_of_day)
        return cls(
            _comebacks(customers),
            Spending.fit(customers.repeats + 1, customers.mean),
            LogLinear.fit(x, came / days, days),
            LogLinear.fit(x, paid / days, days),
            LogLinear.fit_first(x, came > 0, days),
        )

    def returns(self, customers: Customers, horizon_days: int) -> Floats:
        """Return the chance that each orders within so many days."""
        return -np.expm1(-self.first.rate(_features(customers, self.comebacks, horizon_days)) * horizon_days)

    def alive(self, customers: Customers) -> Floats:
        """Return the chance that each is still a customer: one who orders within 90 days.

        BG/NBD's own chance is one feature of it. By itself it can be 1 for everybody, where its fit takes all silence
        for slowness, and nothing that ever happens shows whether it is right.
        """
        return self.returns(customers, _ALIVE_DAYS)

    def purchases(self, customers: Customers, horizon_days: int) -> Floats:
        """Return how many orders to expect of each."""
        return self._between(self._lives(customers, horizon_days), self.orders, customers, horizon_days)

    def worth(self, customers: Customers, horizon_days: int) -> Floats:
        """Return what each is expected to pay, in minor units."""
        each = self.spending.expected(customers.repeats + 1, customers.mean)
        return self._between(self._lives(customers, horizon_days) * each, self.revenue, customers, horizon_days)

    def _lives(self, customers: Customers, days: int) -> Floats:
        return self.comebacks.purchases(customers.repeats, customers.last, customers.age, days)

    def _between(self, by_lives: Floats, regression: LogLinear, customers: Customers, days: int) -> Floats:
        by_habits = regression.rate(_features(customers, self.comebacks, days)) * days
        return (1 - self.share) * by_lives + self.share * by_habits

    def state(self) -> State:
        """Return all that was learned."""
        lives = {"comebacks": np.array(astuple(self.comebacks)), "spending": np.array(astuple(self.spending))}
        habits = self.orders.state("orders") | self.revenue.state("revenue") | self.first.state("first")
        return lives | habits | {"share": np.array(self.share)}

    @classmethod
    def from_state(cls, state: State) -> "CustomerValue":
        """Rebuild what `state` returned."""
        return cls(
            Comebacks(*state["comebacks"].tolist()),
            Spending(*state["spending"].tolist()),
            LogLinear.from_state("orders", state),
            LogLinear.from_state("revenue", state),
            LogLinear.from_state("first", state),
            float(np.asarray(state["share"], np.float64)),
        )


def measured(orders: Orders, as_of_day: int, horizon_days: int) -> Mapping[str, float]:
    """Return how well the newest days were foretold by what was learned before them; nothing where that is too little.

    Who ordered again is told by the chance of being a customer still (AUC), what they paid by the value.
    """
    origin = _newest_origin(orders, as_of_day, horizon_days)
    try:
        before = CustomerValue.fit(orders, origin, as_of_day - origin)
    except InvalidInput:
        return {}
    customers = orders.customers(origin)
    came, paid = orders.came(customers, origin, as_of_day)
    if not 0 < (came > 0).sum() < len(came):
        return {}
    alive, worth = before.alive(customers), before.worth(customers, as_of_day - origin)
    best = np.argsort(-worth, kind="stable")[: max(1, len(worth) // 10)]
    return {
        "AUC": Quality.of(alive, came > 0).auc,
        "correlation": float(np.corrcoef(worth, paid)[0, 1]),
        "total, off by": float(abs(worth.sum() / paid.sum() - 1)),
        "revenue of the top 10 %": float(paid[best].sum() / paid.sum()),
    }


def _cases(orders: Orders, as_of_day: int, horizon_days: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return what was known of customers at earlier moments, and what came: orders, money, and in how many days."""
    newest, parts = _newest_origin(orders, as_of_day, horizon_days), []
    for origin in range(newest, newest - _ORIGINS * _STEP_DAYS, -_STEP_DAYS):
        until = min(as_of_day, origin + horizon_days)
        customers = orders.customers(origin)
        if customers.repeats.any():
            came, paid = orders.came(customers, origin, until)
            days = np.full(len(came), float(until - origin))
            parts.append((_features(customers, _comebacks(customers), until - origin), came, paid, days))
    if not parts:
        raise TooLittle("Too few people had bought twice to learn what comes after: wait for more orders.")
    x, came, paid, days = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return x, came, paid, days


def _trend(orders: Orders, as_of_day: int) -> float:
    """Return the logarithm of how many times as fast as what came before told customers ordered in the newest weeks."""
    origin = as_of_day - _TREND_DAYS
    try:
        x, came, _, days = _cases(orders, origin, _TREND_DAYS)
        before = LogLinear.fit_first(x, came > 0, days)
    except TooLittle:
        return 0.0
    customers = orders.customers(origin)
    rate = before.rate(_features(customers, _comebacks(customers), _TREND_DAYS)) * _TREND_DAYS
    ordered = float((orders.came(customers, origin, as_of_day)[0] > 0).mean())

    def beyond(log: float) -> float:
        return float(-np.expm1(-rate * np.exp(log)).mean()) - ordered

    return float(brentq(beyond, -_MOST, _MOST)) if beyond(-_MOST) < 0 < beyond(_MOST) else 0.0


def _newest_origin(orders: Orders, as_of_day: int, horizon_days: int) -> int:
    """Return the last day whose future is long enough to learn from: a horizon, at most a third of the past."""
    return as_of_day - max(1, min(horizon_days, (as_of_day - int(orders.day.min())) // 3))


def _comebacks(customers: Customers) -> Comebacks:
    return Comebacks.fit(customers.repeats, customers.last, customers.age)


def _features(customers: Customers, comebacks: Comebacks, days: int) -> Floats:
    c = customers
    expected = comebacks.purchases(c.repeats, c.last, c.age, days) / days
    is_new = (c.repeats == 0).astype(np.float64)
    return np.column_stack(
        (
            np.log(expected + _SMALLEST),
            comebacks.alive(c.repeats, c.last, c.age),
            np.log1p(c.repeats),
            np.log1p(c.age - c.last),
            np.log1p(c.age),
            is_new,
            is_new * np.log1p(c.age),
            np.log1p(c.spent),
            np.log1p(c.recent),
        )
    )
