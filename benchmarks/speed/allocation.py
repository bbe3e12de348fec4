"""A budget over a million people and five offers: how near the bound, how fast, and next to what is simpler.

Offers take 5, 10, 15, 20 and 30 % off baskets that are log-normal, about 40.00. Who gets one buys with a chance that
grows with the offer d: by 1 - exp(-a d / .2) of what they would not do anyway, a (gamma) how responsive they are.
Gained is the effect's margin of 35 % less what the coupon takes off; spent is that, in thousandths of a cent.
The budget is a third of what the best offer for everybody would cost. Greedy, beside it, gives each the offer with the
best ratio, best first, while money is left. At 20,000 people HiGHS solves the same, exactly.

    python -m benchmarks.speed.allocation
"""

from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

from benchmarks.record import Row, peak_mb, write
from shopkeeper.coupons.budget import Limits, Prices, plan

COMMAND = "python -m benchmarks.speed.allocation"
DEPTHS = np.array([0.05, 0.10, 0.15, 0.20, 0.30])
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


def shop(n: int, seed: int = 0) -> tuple[Floats, Whole, int]:
    """Return gains, costs, and the budget."""
    rng = np.random.default_rng(seed)
    basket = rng.lognormal(np.log(4000), 0.6, (n, 1))
    anyway = rng.beta(1, 6, (n, 1))
    responsive = rng.gamma(0.8, 0.15, (n, 1))
    effect = (1 - anyway) * (1 - np.exp(-responsive * DEPTHS / 0.2))
    taken = (anyway + effect) * basket * DEPTHS
    gain = effect * basket * 0.35 - taken
    cost = np.ceil(taken * 1000).astype(np.int64)
    best = np.where(gain.max(axis=1) > 0, cost[np.arange(n), gain.argmax(axis=1)], 0)
    return gain, cost, int(best.sum() // 3)


def greedy(gain: Floats, cost: Whole, money: int) -> float:
    """Return what is gained when each person may get the offer with the best ratio only, best first."""
    rows, ratio = np.arange(len(gain)), gain / cost
    offer = ratio.argmax(axis=1)
    order = np.argsort(-ratio[rows, offer], kind="stable")
    order = order[gain[order, offer[order]] > 0]
    spent = np.cumsum(cost[order, offer[order]])
    taken = order[spent <= money]
    return float(gain[taken, offer[taken]].sum())


def exact(gain: Floats, cost: Whole, money: int) -> float:
    """Return what HiGHS reaches."""
    n, k = gain.shape
    one_each = csr_matrix((np.ones(n * k), (np.repeat(np.arange(n), k), np.arange(n * k))))
    told = milp(
        -gain.ravel(),
        constraints=[
            LinearConstraint(one_each, ub=1.0),
            LinearConstraint(cost.reshape(1, -1) / 1000, ub=money / 1000),
        ],
        integrality=np.ones(n * k),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 1e-7, "time_limit": 240},
    )
    return -float(told.fun or 0.0)


def main() -> None:
    plan(*shop(20_000)[:2], Limits(money=10**6))  # compiled
    gain, cost, money = shop(1_000_000)
    start = perf_counter()
    found = plan(gain, cost, Limits(money=money))
    seconds = perf_counter() - start
    rows = np.flatnonzero(found.offer >= 0)
    spent = int(cost[rows, found.offer[rows]].sum())
    simple = greedy(gain, cost, money)
    many = "allocation, 1 M people x 5 offers"
    figures: list[tuple[str, str, float, float | None, str | None, float | None]] = [
        (many, "of the dual bound", found.reached, 0.9999, None, None),
        (many, "overshoot, thousandths of a cent", float(max(0, spent - money)), 0.0, None, None),
        (many, "times the gain of best-ratio greedy", found.gain / simple, 1.2, "greedy", 1.0),
        (many, "seconds", seconds, 5.0, None, None),
    ]
    gain, cost, money = shop(20_000, 1)
    found, best = plan(gain, cost, Limits(money=money)), exact(gain, cost, money)
    figures.append(("allocation, 20,000 people", "of HiGHS' optimum", found.gain / best, None, "HiGHS", 1.0))
    figures.append(("allocation, 20,000 people", "of the dual bound", found.reached, None, None, None))
    figures.append(
        ("one decision at a stored price", "microseconds, p99", one(found.prices, gain, cost), None, None, None)
    )
    told = []
    for row, metric, value, reach, peer, peer_value in figures:
        print(row, metric, value, flush=True)
        told.append(
            Row(
                row=row,
                metric=metric,
                value=value,
                reach=reach,
                peer=peer,
                peer_value=peer_value,
                seconds=seconds,
                peak_mb=peak_mb(),
                command=COMMAND,
            )
        )
    print(write("coupons/speed", "allocation", told))


def one(prices: Prices, gain: Floats, cost: Whole) -> float:
    """Return how long the slowest of a hundred decisions takes."""
    took = np.empty(len(gain))
    for person in range(len(gain)):
        start = perf_counter()
        prices.choose(gain[person], cost[person])
        took[person] = perf_counter() - start
    return float(np.quantile(took, 0.99) * 1e6)


if __name__ == "__main__":
    main()
