"""Drawing among some by how often each turns out best, with the probability that this has."""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled
from shopkeeper.kit.places import places

DRAWS = 16
"""Each is chosen as often with any number of them; of half as many, the weights of what is learned from the lots spread
by 3 to 9 % more (second moment, for equal shares)."""
_TRIES = 4
"""Times as many are looked at as are wanted, before all are."""


class Drawn(NamedTuple):
    """Places that were drawn one after the other, none twice, and what the probability of each was at its turn."""

    place: NDArray[np.int64]
    probability: NDArray[np.float64]


def best_shares(
    hits: NDArray[np.float64], misses: NDArray[np.float64], factor: NDArray[np.float64], rng: Generator, floor: float
) -> NDArray[np.float64]:
    """Return the share of draws in which each, (B,), is best by factor x Beta(hits, misses), mixed with equal shares.

    To draw by these shares is Thompson sampling (Thompson 1933), but for the equal shares, of which there are `floor`;
    and what is drawn has a probability that can be told, which the best of one draw has not.
    """
    shares = np.full(len(hits), floor / len(hits))
    _add_best(rng.beta(hits, misses, (DRAWS, len(hits))), factor, (1 - floor) / DRAWS, shares)
    return shares


def draw(shares: NDArray[np.float64], n: int, rng: Generator) -> Drawn:
    """Return n of them, or as many as there are, drawn by their shares of what is left at each turn."""
    chances = rng.random(min(n, int(np.count_nonzero(shares))))
    place, probability = np.empty(len(chances), np.int64), np.empty(len(chances))
    _draw(shares.copy(), chances, place, probability)
    return Drawn(place, probability)


def some(
    among: NDArray[np.int32], is_open: NDArray[np.bool_], taken: NDArray[np.int32], n: int, rng: Generator
) -> NDArray[np.int32]:
    """Return n of some numbers, none twice, that are open and not taken, drawn by chance; or all, where they are fewer.

    A few are tried, and only where too few of these are open all are looked at: each is as likely either way.
    """
    if len(among) > _TRIES * n:
        tried = among[rng.integers(0, len(among), _TRIES * n)]
        found = np.empty(n, np.int32)
        if _first(tried, is_open, taken, found) == n:
            return found
    there = among[is_open[among]]
    there = there[places(taken, there) < 0]
    return there if len(there) <= n else there[rng.choice(len(there), n, replace=False)]


@compiled
def _add_best(
    draws: NDArray[np.float64], factor: NDArray[np.float64], each: float, shares: NDArray[np.float64]
) -> None:  # pragma: no cover - compiled
    for row in range(len(draws)):
        best = 0
        for i in range(1, len(shares)):
            if draws[row, i] * factor[i] > draws[row, best] * factor[best]:
                best = i
        shares[best] += each


@compiled
def _draw(
    left: NDArray[np.float64],
    chances: NDArray[np.float64],
    place: NDArray[np.int64],
    probability: NDArray[np.float64],
) -> None:  # pragma: no cover - compiled
    for turn in range(len(chances)):
        whole = left.sum()
        until, i = left[0], 0
        while i + 1 < len(left) and (until <= chances[turn] * whole or left[i] == 0):
            i += 1
            until += left[i]
        while left[i] == 0:  # of chances that rounding put behind all
            i -= 1
        place[turn], probability[turn], left[i] = i, left[i] / whole, 0.0


@compiled
def _first(
    numbers: NDArray[np.int32], is_open: NDArray[np.bool_], taken: NDArray[np.int32], found: NDArray[np.int32]
) -> int:  # pragma: no cover - compiled
    """Write the first of the numbers that are open, not taken and not found before; return how many there are."""
    n = 0
    for number in numbers:
        if n < len(found) and is_open[number] and number not in taken and number not in found[:n]:
            found[n] = number
            n += 1
    return n
