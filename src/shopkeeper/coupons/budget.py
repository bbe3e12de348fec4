"""Spend a budget where it earns most: each person gets one offer or none, by what it gains less its cost at a price.

A multiple-choice knapsack, by its Lagrangian (Sinha and Zoltners 1979): at prices r of a unit of money, everybody gets

the offer k with the largest g_ik - r_k c_ik, or none where that is not above 0

g what is gained, c what is spent, r_k the price of all money and, where the offer's category has a budget, what is
added for it. The least prices at which nothing is overspent are found by bisection; what is left goes to who gain most
for each unit more. No plan gains more than B r + the sum of these numbers, so every plan says how near it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from shopkeeper.coupons.filling import (
    Floats,
    Places,
    Task,
    Total,
    Whole,
    add_what_fits,
    chosen_at,
    highest_ratio,
    keep_to_limits,
)
from shopkeeper.kit.errors import InvalidInput

_TURNS, _CLOSE = 60, 1e-8
"""Halvings of what a price may be, at most, and how near it must come: what then fits is found one by one."""
_NEAR = 0.005
"""Of a price that was found among a part of the people, where that among all is looked for first."""
_ROUNDS = 10
"""Of all prices, one after the other, each given the others."""
_SAMPLE = 40_000
"""People from whom prices are found first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a plan must keep to; amounts are whole units, the same for all."""

    money: int
    most_each: int | None = None
    """What one person may cost."""
    category_of: Sequence[int] = ()
    """The category of each offer, from 0; without it none has a budget of its own."""
    by_category: Sequence[int] = ()
    """What may be spent in each."""
    least_return: float = 0.0
    """What is gained for each unit spent, over all."""

    def check(self, n_offers: int) -> None:
        """Raise InvalidInput where they do not suit so many offers."""
        if min(self.money, self.most_each or 0, self.least_return, *self.by_category, 0) < 0:
            raise InvalidInput("A limit is below 0: give what may be spent.")
        if (self.category_of or self.by_category) and len(self.category_of) != n_offers:
            raise InvalidInput(f"{len(self.category_of)} categories are given for {n_offers} offers: one for each.")
        if any(not 0 <= category < len(self.by_category) for category in self.category_of):
            raise InvalidInput(f"An offer is of a category without a budget: there are {len(self.by_category)}.")


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """What a unit of money must bring, in each offer: all that is needed to decide for one person."""

    of_offer: Floats
    """(K,)"""
    most_each: int | None = None

    def choose(self, gain: Floats, cost: Whole) -> int:
        """Return the place of the best offer for one person, (K,) each, -1 for none; ties to the first."""
        worth = gain - self.of_offer * cost
        if self.most_each is not None:
            worth[cost > self.most_each] = 0
        best = int(worth.argmax())
        return best if worth[best] > 0 else -1

    def times(self, factor: float) -> "Prices":
        """Return them dearer, or cheaper."""
        return Prices(self.of_offer * factor, self.most_each)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Who gets what."""

    offer: Places
    """(n,) of each person, -1 for none."""
    gain: float
    spent: int
    by_category: tuple[int, ...]
    bound: float
    """Of the gain, which no plan within the limits passes."""
    prices: Prices

    @property
    def reached(self) -> float:
        """Return the gain as a part of the bound."""
        return self.gain / self.bound if self.bound else 1.0


def plan(gain: Floats, cost: Whole, limits: Limits) -> Plan:
    """Return who gets which offer; (n, K) each, a gain of -inf: that offer is not for this person.

    It never overspends. Work: some twenty looks at all numbers, and as many for each category that has a budget.
    """
    _check(gain, cost, limits)
    if limits.most_each is not None:
        gain = np.where(cost > limits.most_each, -np.inf, gain)
    category = np.array(limits.category_of or [0] * gain.shape[1], np.int64)
    budgets = np.array(limits.by_category or [limits.money], np.int64)
    gains, costs = np.ascontiguousarray(gain, np.float64), np.ascontiguousarray(cost, np.int64)
    task = Task(gains, costs, category, budgets, limits.money, limits.least_return)
    search = _Search(task, len(limits.by_category))
    search.settle(search.part(_SAMPLE).settle() if len(gain) > _SAMPLE else None)
    return search.plan(limits)


def choose_in_turn(gain: Floats, cost: Whole, prices: Prices, left: int) -> tuple[Places, int]:
    """Return what people get who come one after the other, and the money left; where it runs out, what still fits."""
    offer = np.full(len(gain), -1, np.int32)
    for person in range(len(gain)):
        fits = np.where(cost[person] <= left, gain[person], -np.inf)
        if (best := prices.choose(fits, cost[person])) >= 0:
            offer[person] = best
            left -= int(cost[person, best])
    return offer, left


class _Search:
    """Looks for the least prices at which nothing is overspent."""

    def __init__(self, task: Task, n_priced: int) -> None:
        """Take a task of which so many categories have a budget of their own."""
        self.task, self.n_priced = task, n_priced
        self.money, self.of_category = 0.0, np.zeros(len(task.budgets))
        self.bound, self.offer = np.inf, np.empty(len(task.gain), np.int32)
        self.total = Total(0.0, np.zeros(len(task.budgets), np.int64), 0)
        self.highest = highest_ratio(task) * (1 + 1e-9)

    def part(self, n: int) -> "_Search":
        """Return the search among so many people, drawn evenly, with as large a part of the budgets."""
        gain, cost, category, budgets, money, least_return = self.task
        rows, share = np.linspace(0, len(gain) - 1, n).astype(np.int64), n / len(gain)
        budgets = (budgets * share).astype(np.int64)
        task = Task(gain[rows], cost[rows], category, budgets, int(money * share), least_return)
        return _Search(task, self.n_priced)

    def settle(self, start: "_Search | None" = None) -> "_Search":
        """Find each price given the others, in turns, until they stay."""
        if start is not None:
            self.money, self.of_category = start.money, start.of_category.copy()
        for _ in range(_ROUNDS if start is None and self.n_priced else 1):
            before = np.append(self.of_category, self.money)
            for place in range(self.n_priced):
                self._settle_category(place)
            self._settle_money()
            if np.allclose(before, np.append(self.of_category, self.money), rtol=1e-6, atol=1e-9 * self.highest):
                break
        return self

    def _settle_money(self) -> None:
        """Find the least price of all money at which it is not overspent and returns enough."""
        money, least_return = self.task.money, self.task.least_return

        def is_over(price: float) -> bool:
            self.money = price
            self._assign()
            return self.total.money > money or self.total.gained < least_return * self.total.money

        self.money = _least(is_over, self.money, self.highest)
        self._assign()

    def _settle_category(self, place: int) -> None:
        def is_over(price: float) -> bool:
            self.of_category[place] = price
            self._assign()
            return bool(self.total.spent[place] > self.task.budgets[place])

        self.of_category[place] = _least(is_over, float(self.of_category[place]), self.highest)

    def _assign(self) -> None:
        """Give everybody the best offer at the prices, and keep the least bound seen."""
        worth, self.total = chosen_at(self.task, self._prices(), self.offer)
        added = worth + float(self.of_category @ self.task.budgets)
        self.bound = min(self.bound, added + self.money * self.task.money)
        # Where the return binds and money does not, the same prices come of another multiplier.
        if self.money < (least := self.task.least_return):
            self.bound = min(self.bound, added * least / (least - self.money))

    def _prices(self) -> Floats:
        return np.asarray(self.money + self.of_category[self.task.category], np.float64)

    def plan(self, limits: Limits) -> Plan:
        """Return the plan at these prices: less where a limit is still passed, more where something fits."""
        prices = self._prices()
        keep_to_limits(self.task, prices, self.offer)
        add_what_fits(self.task, self.offer)
        rows = np.flatnonzero(self.offer >= 0)
        chosen = self.offer[rows]
        costs, own = self.task.cost[rows, chosen], self.task.category[chosen]
        return Plan(
            self.offer,
            float(self.task.gain[rows, chosen].sum()),
            int(costs.sum()),
            tuple(int(costs[own == place].sum()) for place in range(len(limits.by_category))),
            self.bound,
            Prices(prices, limits.most_each),
        )


def _least(over: Callable[[float], bool], near: float, highest: float) -> float:
    """Return the least price that is not over, up to rounding; it is looked for near the last one first."""
    if not over(0.0):
        return 0.0
    low, high = 0.0, highest
    for bound in (near * (1 - _NEAR), near * (1 + _NEAR)):
        if low < bound < high:
            if over(bound):
                low = bound
            else:
                high = bound
    for _ in range(_TURNS):
        middle = (low + high) / 2
        if high - low <= _CLOSE * high:
            break
        if over(middle):
            low = middle
        else:
            high = middle
    return high


def _check(gain: Floats, cost: Whole, limits: Limits) -> None:
    if gain.ndim != 2 or gain.shape != cost.shape or not gain.size:
        raise InvalidInput(f"Gains and costs need a number for each person and offer, not {gain.shape}, {cost.shape}.")
    if not np.issubdtype(cost.dtype, np.integer):
        raise InvalidInput("Costs must be whole numbers, such as thousandths of a cent: sums of others are not exact.")
    if (cost < 0).any() or not (gain < np.inf).all():
        raise InvalidInput("A cost is below 0, or a gain is no number: -inf says that an offer is not for a person.")
    limits.check(gain.shape[1])
