"""Drawing among some by how often each turns out best, with the probability that this has."""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

DRAWS = 64


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
        place = int(rng.choice(len(chances), p=chances))
        places.append(place)
        probabilities.append(float(chances[place]))
        left[place] = 0.0
    return Drawn(np.array(places, np.int64), np.array(probabilities))
