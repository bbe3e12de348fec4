"""An order whose first places have the mix that is wanted."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled
from shopkeeper.kit.spread import Sets, set_of

Mix = NDArray[np.float64]
"""(n_codes,), shares of codes; those of a part are 1 together."""

SMOOTHING = 0.01
"""Share of the wanted mix in the one there is, so that what lacks is far off, and not infinitely far (Steck 2018)."""


def mix(items: NDArray[np.int32], sets: Sets, part_of: NDArray[np.int8], weights: NDArray[np.float64]) -> Mix:
    """Return how the weights of items, (B,), fall on the codes: of each part of a set, a weight is shared evenly."""
    found = np.zeros(sets.n_codes)
    _mix(items, sets, part_of, weights, found)
    return found


def shares(weights: Mix, part_of: NDArray[np.int8]) -> Mix:
    """Return weights of codes as shares of their part; a part without any has none."""
    totals = np.bincount(part_of, weights, int(part_of.max(initial=0)) + 1)[part_of]
    return np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)


def calibrated(
    worth: NDArray[np.float64],
    items: NDArray[np.int32],
    sets: Sets,
    part_of: NDArray[np.int8],
    wanted: Mix,
    share: float,
    n: int,
) -> NDArray[np.int64]:
    """Return an order of items, (B,): n that are chosen one by one, as they stood, then what is left as it stood.

    After t are chosen the next is the one with the largest (1 - share) worth_i - share KL(p, q), p the wanted mix and
    q_c = (1 - a) (what the t + 1 have of code c) / (t + 1) + a p_c, a = `SMOOTHING`, the mean of the KL of each part
    (Steck 2018, greedy); ties to what stood first. The mix of n has no order, so the best of them stay first. Each of a
    set's parts, such as its categories and its brand, shares 1 among its codes.
    """
    order = np.empty(len(worth), np.int64)
    n_parts = max(1, len(np.unique(part_of[wanted > 0])))
    _calibrated((1 - share) * worth, items, sets, part_of, wanted, share / n_parts, min(n, len(worth)), order)
    return order


@compiled
def _shares(
    codes: NDArray[np.int32], part_of: NDArray[np.int8], each: NDArray[np.float64]
) -> None:  # pragma: no cover - compiled
    """Write what one of each part has, (n codes of the set,); the codes of a part stand together."""
    first = 0
    while first < len(codes):
        last = first
        while last < len(codes) and part_of[codes[last]] == part_of[codes[first]]:
            last += 1
        each[first:last] = 1.0 / (last - first)
        first = last


@compiled
def _mix(
    items: NDArray[np.int32],
    sets: Sets,
    part_of: NDArray[np.int8],
    weights: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:  # pragma: no cover - compiled
    shares = np.empty(sets.n_codes)
    for i in range(len(items)):
        codes = set_of(sets, items[i])
        _shares(codes, part_of, shares)
        for k in range(len(codes)):
            found[codes[k]] += weights[i] * shares[k]


@compiled
def _calibrated(
    worth: NDArray[np.float64],
    items: NDArray[np.int32],
    sets: Sets,
    part_of: NDArray[np.int8],
    wanted: NDArray[np.float64],
    share: float,
    n: int,
    order: NDArray[np.int64],
) -> None:  # pragma: no cover - compiled
    held, shares, is_left = np.zeros(sets.n_codes), np.empty(sets.n_codes), np.ones(len(worth), np.bool_)
    for turn in range(n):
        best, best_value = -1, -np.inf
        each = (1 - SMOOTHING) / (turn + 1)
        for i in range(len(worth)):
            if not is_left[i]:
                continue
            codes, value = set_of(sets, items[i]), worth[i]
            _shares(codes, part_of, shares)
            for k in range(len(codes)):
                p = wanted[codes[k]]
                if p > 0:
                    before = each * held[codes[k]] + SMOOTHING * p
                    value += share * p * np.log1p(each * shares[k] / before)
            if value > best_value:
                best, best_value = i, value
        order[turn] = best
        is_left[best] = False
        codes = set_of(sets, items[best])
        _shares(codes, part_of, shares)
        for k in range(len(codes)):
            held[codes[k]] += shares[k]
    order[:n] = np.flatnonzero(~is_left)
    order[n:] = np.flatnonzero(is_left)
