"""An order whose first places have the mix that is wanted."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled, prefetch, summing
from shopkeeper.kit.spread import Sets, set_of

Mix = NDArray[np.float64]
"""(n_codes,), shares of codes; those of a part are 1 together."""

SMOOTHING = 0.01
"""Share of the wanted mix in the one there is, so that what lacks is far off, and not infinitely far (Steck 2018)."""
_AHEAD = 8
"""Items that are read ahead: sets lie far apart, and each would be waited for twice."""
_ROUNDED = 1e-12
"""By more than rounding errs in a value."""


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
def _read_ahead(items: NDArray[np.int32], i: int, sets: Sets) -> None:  # pragma: no cover - compiled
    if i + 2 * _AHEAD < len(items):
        prefetch(sets.indptr, items[i + 2 * _AHEAD])
    if i + _AHEAD < len(items):
        prefetch(sets.code, sets.indptr[items[i + _AHEAD]])


@compiled
def _held(
    items: NDArray[np.int32], sets: Sets, weights: NDArray[np.float64], sums: NDArray[np.float64]
) -> None:  # pragma: no cover - compiled
    for i in range(len(items)):
        _read_ahead(items, i, sets)
        total = 0.0
        for code in set_of(sets, items[i]):
            total += weights[code]
        sums[i] = total


def shares(items: NDArray[np.int32], sets: Sets, part_of: NDArray[np.int8]) -> Mix:
    """Return the mix of items, (B,), as shares; a part that none of them has, has none."""
    found = mix(items, sets, part_of, np.ones(len(items)))
    return _blended(found, 1.0, found, part_of)


def blended(
    own: Mix,
    trust: float,
    offered: NDArray[np.int32],
    sets: Sets,
    part_of: NDArray[np.int8],
    weights: NDArray[np.float64],
) -> Mix:
    """Return a mix, of which `trust` is our own and the rest that of weights of items, (B,)."""
    return _blended(own, trust, mix(offered, sets, part_of, weights), part_of)


@summing
def _blended(
    own: NDArray[np.float64], trust: float, offered: NDArray[np.float64], part_of: NDArray[np.int8]
) -> NDArray[np.float64]:  # pragma: no cover - compiled
    found, first = np.empty(len(own)), 0
    while first < len(own):
        last = first + np.searchsorted(part_of[first:], part_of[first], "right")
        ours, theirs, made = own[first:last], offered[first:last], found[first:last]
        of_own, of_offered = 0.0, 0.0
        for i in range(len(made)):  # sum() would add one after the other
            of_own += ours[i]
            of_offered += theirs[i]
        a = trust / of_own if of_own > 0 else 0.0
        b = (1 - trust) / of_offered if of_offered > 0 else 0.0
        whole = (trust if a > 0 else 0.0) + (1 - trust if b > 0 else 0.0)
        if whole > 0:
            a, b = a / whole, b / whole
        for i in range(len(made)):
            made[i] = a * ours[i] + b * theirs[i]
        first = last
    return found


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
    _calibrated((1 - share) * worth, items, sets, part_of, wanted, share, min(n, len(worth)), order)
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
        _read_ahead(items, i, sets)
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
def _n_parts(part_of: NDArray[np.int8], wanted: NDArray[np.float64]) -> int:  # pragma: no cover - compiled
    """Return of how many parts anything is wanted, 1 at least; the codes of a part stand together."""
    n, code = 0, 0
    while code < len(wanted):
        if wanted[code] > 0:
            n, code = n + 1, np.searchsorted(part_of, part_of[code], "right")
        else:
            code += 1
    return max(1, n)


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
    share /= _n_parts(part_of, wanted)
    # What an item adds falls with each turn, so that what it was worth before is the most that it can be worth now.
    most = np.full(len(worth), np.inf)
    for turn in range(n):
        best, best_value, weight = -1, -np.inf, (1 - SMOOTHING) / (turn + 1)
        # The likeliest comes first: few others need to be looked at then.
        first = int(np.argmax(most))
        for step in range(-1, len(worth)):
            i = first if step < 0 else step
            if not is_left[i] or (step == first) or most[i] < best_value - _ROUNDED:
                continue
            value = worth[i]
            for k in range(size[i], size[i + 1]):
                p = wanted[code[k]]
                value += share * p * np.log(1 + weight * each[k] / (weight * held[code[k]] + SMOOTHING * p))
            most[i] = value
            if value > best_value or (value == best_value and i < best):
                best, best_value = i, value
        is_left[best], most[best] = False, -np.inf
        for k in range(size[best], size[best + 1]):
            held[code[k]] += each[k]
    order[:n] = np.flatnonzero(~is_left)
    order[n:] = np.flatnonzero(is_left)
