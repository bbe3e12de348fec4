"""Drawing among some by how often each turns out best, with the probability that this has."""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled

DRAWS = 64
_BLOCK = 256


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
    n = len(hits)
    best = (rng.beta(hits, misses, (DRAWS, n)) * factor).argmax(axis=1)
    return (1 - floor) * np.bincount(best, minlength=n) / DRAWS + floor / n


def draw(shares: NDArray[np.float64], n: int, rng: Generator) -> Drawn:
    """Return n of them, or as many as there are, drawn by their shares of what is left at each turn."""
    left, places, probabilities = shares.copy(), list[int](), list[float]()
    for _ in range(min(n, int(np.count_nonzero(shares)))):
        chances = left / left.sum()
        ends = chances.cumsum()
        place = int(np.searchsorted(ends / ends[-1], rng.random(), "right"))  # what rng.choice does, without its checks
        places.append(place)
        probabilities.append(float(chances[place]))
        left[place] = 0.0
    return Drawn(np.array(places, np.int64), np.array(probabilities))


def some(is_open: NDArray[np.bool_], n: int, rng: Generator) -> NDArray[np.int32]:
    """Return n of the places that are open, drawn by chance, or all of them where they are fewer."""
    n_open = int(np.count_nonzero(is_open))
    ranks = np.arange(n_open) if n_open <= n else rng.choice(n_open, n, replace=False)
    found = np.empty(len(ranks), np.int32)
    _standing(is_open.view(np.uint8), ranks, np.argsort(ranks), found)
    return found


@compiled
def _count(ones: NDArray[np.uint8]) -> int:  # pragma: no cover - compiled
    n = 0
    for one in ones:
        n += int(one)
    return n


@compiled
def _standing(
    ones: NDArray[np.uint8], ranks: NDArray[np.int64], order: NDArray[np.int64], found: NDArray[np.int32]
) -> None:  # pragma: no cover - compiled
    """Write where the one of each rank stands, from 0; blocks in which none of them is are only counted."""
    start, before, n = 0, 0, _count(ones[:_BLOCK])
    for turn in order:
        while before + n <= ranks[turn]:
            start, before = start + _BLOCK, before + n
            n = _count(ones[start : start + _BLOCK])
        place, rank = start - 1, before - 1
        while rank < ranks[turn]:
            place += 1
            rank += int(ones[place])
        found[turn] = place
