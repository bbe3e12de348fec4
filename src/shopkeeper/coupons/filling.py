"""The kernels of a plan: what everybody gets at given prices, what must be taken back, and what still fits."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled, parallel, prange

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Places = NDArray[np.int32]

_BLOCKS = 64
"""People are summed in so many parts, however many cores there are: sums are then the same on all machines."""
_FEW = 10_000
_MOST_ROUNDS = 100


class Task(NamedTuple):
    """What is to be planned, n people and K offers in C categories."""

    gain: Floats
    """(n, K)"""
    cost: Whole
    """(n, K)"""
    category: Whole
    """(K,)"""
    budgets: Whole
    """(C,)"""
    money: int
    least_return: float


class Total(NamedTuple):
    """What a plan spends and gains."""

    gained: float
    spent: Whole
    """(C,)"""
    money: int
    """All that is spent."""


def chosen_at(task: Task, prices: Floats, offer: Places) -> tuple[float, Total]:
    """Write everybody's best offer at prices, (K,); return what these are worth beyond their price, and in total."""
    told, costs = np.zeros((_BLOCKS, 2)), np.zeros((_BLOCKS, len(task.budgets)), np.int64)
    run = _choose if len(task.gain) > _FEW else _choose.on_one_core
    run(task, prices, offer, told, costs)
    worth, gained = told.sum(axis=0).tolist()
    return worth, Total(gained, costs.sum(axis=0), int(costs.sum()))


@compiled
def highest_ratio(task: Task) -> float:  # pragma: no cover - compiled
    """Return the most that is gained for a unit anywhere, 0 at least."""
    most = 0.0
    for person in range(len(task.gain)):
        for k in range(len(task.category)):
            if task.cost[person, k] > 0:
                most = max(most, task.gain[person, k] / task.cost[person, k])
    return most


def keep_to_limits(task: Task, prices: Floats, offer: Places) -> None:
    """Take offers back, those that are worth least for their cost first, until no limit is passed."""
    # What is taken back for a budget can be what made the rest return enough: then that is looked at once more.
    for _ in range(2):
        total = _total(task, offer)
        is_poor = total.gained < task.least_return * total.money
        if total.money <= task.money and (total.spent <= task.budgets).all() and not is_poor:
            return
        rows = np.flatnonzero(offer >= 0)
        chosen = offer[rows]
        rate = task.gain[rows, chosen] / np.maximum(task.cost[rows, chosen], 1) - prices[chosen]
        _take_back(task, rows[np.argsort(rate, kind="stable")], total, offer)


def add_what_fits(task: Task, offer: Places) -> None:
    """Give more where it gains most for each unit more, until nothing fits any more."""
    to, ratio = np.empty(len(offer), np.int32), np.empty(len(offer))
    for _ in range(_MOST_ROUNDS):
        total = _total(task, offer)
        _next_steps(task, total, offer, to, ratio)
        rows = np.flatnonzero(to >= 0)
        if not len(rows):
            return
        _add(task, total, rows[np.argsort(-ratio[rows], kind="stable")], to, offer)


@parallel
def _choose(
    task: Task, prices: Floats, offer: Places, told: Floats, spent: Whole
) -> None:  # pragma: no cover - compiled
    n, n_offers = task.gain.shape
    size = (n + len(told) - 1) // len(told)
    for block in prange(len(told)):
        worth = gained = 0.0
        costs = np.zeros(spent.shape[1], np.int64)
        for person in range(block * size, min(n, (block + 1) * size)):
            best, most = -1, 0.0
            for k in range(n_offers):
                value = task.gain[person, k] - prices[k] * task.cost[person, k]
                if value > most:
                    best, most = k, value
            offer[person] = best
            if best >= 0:
                worth += most
                gained += task.gain[person, best]
                costs[task.category[best]] += task.cost[person, best]
        told[block, 0], told[block, 1] = worth, gained
        spent[block] = costs


@compiled
def _total(task: Task, offer: Places) -> Total:  # pragma: no cover - compiled
    gained, spent = 0.0, np.zeros(len(task.budgets), np.int64)
    for person in range(len(offer)):
        if offer[person] >= 0:
            gained += task.gain[person, offer[person]]
            spent[task.category[offer[person]]] += task.cost[person, offer[person]]
    return Total(gained, spent, spent.sum())


@compiled
def _take_back(task: Task, rows: Whole, total: Total, offer: Places) -> None:  # pragma: no cover - compiled
    gained, spent, money = total
    for person in rows:
        k = offer[person]
        gain, cost, own = task.gain[person, k], task.cost[person, k], task.category[k]
        is_poor = gained < task.least_return * money and gain < task.least_return * cost
        if spent[own] > task.budgets[own] or money > task.money or is_poor:
            offer[person] = -1
            spent[own] -= cost
            money -= cost
            gained -= gain


@compiled
def _moved(task: Task, total: Total, person: int, held: int, k: int) -> tuple[float, int, bool]:  # pragma: no cover
    """Return what moving a person to an offer gains and costs more, and whether that is within the limits."""
    gain, cost, own = task.gain[person, k], task.cost[person, k], np.int64(0)
    if held >= 0:
        gain -= task.gain[person, held]
        cost -= task.cost[person, held]
        own = task.cost[person, held] * (task.category[held] == task.category[k])
    money = total.money + cost
    in_category = total.spent[task.category[k]] - own + task.cost[person, k]
    fits = money <= task.money and in_category <= task.budgets[task.category[k]]
    return gain, cost, fits and total.gained + gain >= task.least_return * money


@compiled
def _next_steps(
    task: Task, total: Total, offer: Places, to: Places, ratio: Floats
) -> None:  # pragma: no cover - compiled
    """Write to which offer each person would be moved next, -1 for none, and what that gains for each unit more."""
    left = task.money - total.money
    for person in range(len(offer)):
        to[person], ratio[person] = -1, 0.0
        held = offer[person]
        has, paid = (task.gain[person, held], task.cost[person, held]) if held >= 0 else (0.0, np.int64(0))
        for k in range(len(task.category)):
            # Nearly all are turned away here, near the end of a budget.
            if task.gain[person, k] <= has or task.cost[person, k] - paid > left:
                continue
            gain, cost, fits = _moved(task, total, person, held, k)
            rate = gain / cost if cost > 0 else np.inf
            if fits and rate > ratio[person]:
                to[person], ratio[person] = k, rate


@compiled
def _add(task: Task, total: Total, rows: Whole, to: Places, offer: Places) -> None:  # pragma: no cover - compiled
    """Move people in this order where it still fits."""
    for person in rows:
        held, k = offer[person], to[person]
        gain, cost, fits = _moved(task, total, person, held, k)
        if fits:
            if held >= 0:
                total.spent[task.category[held]] -= task.cost[person, held]
            total.spent[task.category[k]] += task.cost[person, k]
            total = Total(total.gained + gain, total.spent, total.money + cost)
            offer[person] = k
