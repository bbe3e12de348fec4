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


def held(items: NDArray[np.int32], sets: Sets, weights: Mix) -> NDArray[np.float64]:
    """Return the sum of the weights of each item's codes, (B,)."""
    sums = np.empty(len(items))
    _held(items, sets, weights, sums)
    return sums


@compiled
def _held(
    items: NDArray[np.int32], sets: Sets, weights: NDArray[np.float64], sums: NDArray[np.float64]
) -> None:  # pragma: no cover - compiled
    for i in range(len(items)):
        total = 0.0
        for code in set_of(sets, items[i]):
            total += weights[code]
        sums[i] = total


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
    n_parts = max(1, int(np.count_nonzero(np.bincount(part_of[wanted > 0]))))
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
def _those_wanted(
    items: NDArray[np.int32], sets: Sets, part_of: NDArray[np.int8], wanted: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:  # pragma: no cover - compiled
    """Return of each item the wanted codes, and what it has of them, as one array each: the others change nothing."""
    size, n_codes = np.zeros(len(items) + 1, np.int64), 0
    for i in range(len(items)):
        n_codes += len(set_of(sets, items[i]))
    code, each, of_one = np.empty(n_codes, np.int32), np.empty(n_codes), np.empty(sets.n_codes)
    end = 0
    for i in range(len(items)):
        codes = set_of(sets, items[i])
        _shares(codes, part_of, of_one)
        for k in range(len(codes)):
            if wanted[codes[k]] > 0:
                code[end], each[end] = codes[k], of_one[k]
                end += 1
        size[i + 1] = end
    return size, code, each


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
    size, code, each = _those_wanted(items, sets, part_of, wanted)
    held, is_left = np.zeros(sets.n_codes), np.ones(len(worth), np.bool_)
    for turn in range(n):
        best, best_value, weight = -1, -np.inf, (1 - SMOOTHING) / (turn + 1)
        for i in range(len(worth)):
            if is_left[i]:
                value = worth[i]
                for k in range(size[i], size[i + 1]):
                    p = wanted[code[k]]
                    value += share * p * np.log1p(weight * each[k] / (weight * held[code[k]] + SMOOTHING * p))
                if value > best_value:
                    best, best_value = i, value
        is_left[best] = False
        for k in range(size[best], size[best + 1]):
            held[code[k]] += each[k]
    order[:n] = np.flatnonzero(~is_left)
    order[n:] = np.flatnonzero(is_left)
