"""What customers will order and spend: a model of their lives, and a regression that corrects it.

BG/NBD and gamma-gamma know how customers in general come and go, and nothing of this shop's habits; a Poisson
regression learns these from what came after earlier moments of the same past, and knows nothing of leaving. What is
said is between both: how near to which was best at the newest of these moments, for a fit that knew nothing after it.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.estimator import State
from shopkeeper.kit.errors import InvalidInput, TooLittle
from shopkeeper.prediction.customers import Customers, Orders
from shopkeeper.prediction.lifetimes import Comebacks, Spending
from shopkeeper.prediction.quality import Quality

Floats = NDArray[np.float64]

_ORIGINS, _STEP_DAYS = 3, 28
"""Earlier moments that the regression learns from, and the days between them."""
_SHARES = (0.25, 0.5, 0.75)
"""Of the regression, to choose from; neither is left out, since one moment cannot tell that for all that come."""
_SMALLEST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class LogLinear:
    """A regression exp(w.x + c) of a rate a day (Poisson, with a little ridge)."""

    mean: Floats
    scale: Floats
    weights: Floats
    constant: float

    @classmethod
    def fit(cls, x: Floats, rate: Floats, days: Floats) -> "LogLinear":
        """Learn rates that were watched for so many days each."""
        from sklearn.linear_model import PoissonRegressor

        mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), _SMALLEST)
        level = float(np.average(rate, weights=days))
        if level <= 0:
            raise TooLittle("Nobody ordered again in the newest part of the past: wait for more orders.")
        model = PoissonRegressor(alpha=1e-3, max_iter=1000).fit((x - mean) / scale, rate / level, days)
        return cls(mean, scale, np.asarray(model.coef_, np.float64), float(model.intercept_ + np.log(level)))

    def state(self, prefix: str) -> State:
        """Return all that was learned."""
        return {f"{prefix}_{name}": np.array(getattr(self, name)) for name in ("mean", "scale", "weights", "constant")}

    @classmethod
    def from_state(cls, prefix: str, state: State) -> "LogLinear":
        """Rebuild what `state` returned."""
        names = ("mean", "scale", "weights", "constant")
        mean, scale, weights, constant = (np.asarray(state[f"{prefix}_{name}"], np.float64) for name in names)
        return cls(mean, scale, weights, float(constant))

    def rate(self, x: Floats) -> Floats:
        """Return what is expected a day."""
        # Not a product of matrices, whose last digits depend on how many rows are told together.
        return np.asarray(np.exp(((x - self.mean) / self.scale * self.weights).sum(axis=1) + self.constant))


@dataclass(frozen=True, slots=True, eq=False)
class CustomerValue:
    """All that is known of how a shop's customers come back and spend."""

    comebacks: Comebacks
    spending: Spending
    orders: LogLinear
    revenue: LogLinear
    share: float = 0.5
    """Of the regressions in what is said."""

    @classmethod
    def fit(cls, orders: Orders, as_of_day: int, horizon_days: int) -> "CustomerValue":
        """Learn from the orders up to the end of a day, to look so many days ahead."""
        value = cls._fit(orders, as_of_day, horizon_days)
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
        customers = orders.customers(as_of_day)
        return cls(
            _comebacks(customers),
            Spending.fit(customers.repeats + 1, customers.mean),
            LogLinear.fit(x, came / days, days),
            LogLinear.fit(x, paid / days, days),
        )

    def alive(self, customers: Customers) -> Floats:
        """Return the chance that each has not left for good."""
        return self.comebacks.alive(customers.repeats, customers.last, customers.age)

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
        habits = self.orders.state("orders") | self.revenue.state("revenue")
        return lives | habits | {"share": np.array(self.share)}

    @classmethod
    def from_state(cls, state: State) -> "CustomerValue":
        """Rebuild what `state` returned."""
        return cls(
            Comebacks(*state["comebacks"].tolist()),
            Spending(*state["spending"].tolist()),
            LogLinear.from_state("orders", state),
            LogLinear.from_state("revenue", state),
            float(np.asarray(state["share"], np.float64)),
        )


def measured(orders: Orders, as_of_day: int, horizon_days: int) -> Mapping[str, float]:
    """Return how well the newest days were foretold by what was learned before them; nothing where that is too little.

    Who ordered again is told by the chance of being alive (AUC), what they paid by the value.
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
