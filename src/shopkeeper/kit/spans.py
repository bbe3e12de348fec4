"""What is still going on."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled
from shopkeeper.kit.places import places


@compiled
def lasting(
    numbers: NDArray[np.int32],
    is_counted: NDArray[np.bool_],
    ages: NDArray[np.int64],
    spans: NDArray[np.float64],
    unit: int,
    is_over: NDArray[np.bool_],
) -> NDArray[np.int32]:  # pragma: no cover - compiled
    """Return the counted ones of n numbers whose age, in whole parts of a unit, is under their span, (n_numbers,).

    A span of NaN is none, and so is that of a number that `is_over`, (n_numbers,).
    """
    found, n = np.empty(len(numbers), np.int32), 0
    for i in range(len(numbers)):
        if is_counted[i] and ages[i] / unit < spans[numbers[i]] and not is_over[numbers[i]]:
            found[n] = numbers[i]
            n += 1
    return found[:n]


def fading(
    among: NDArray[np.int32],
    numbers: NDArray[np.int32],
    at: NDArray[np.int64],
    as_of: int,
    since: NDArray[np.int64],
    half_life: float,
    longest: float,
) -> NDArray[np.float64]:
    """Return how often each of some, (n,), is among numbers, each counting 1/2 ^ (its age / the half-life).

    What is as old as `longest` or older, or not after `since`, (n,), counts nothing.
    """
    times = np.zeros(len(among))
    _fading(places(among, numbers), at, as_of, since, half_life, longest, times)
    return times


@compiled
def _fading(
    place: NDArray[np.int64],
    at: NDArray[np.int64],
    as_of: int,
    since: NDArray[np.int64],
    half_life: float,
    longest: float,
    times: NDArray[np.float64],
) -> None:  # pragma: no cover - compiled
    for i in range(len(place)):
        age = max(as_of - at[i], 0)
        if place[i] >= 0 and at[i] > since[place[i]] and age < longest:
            times[place[i]] += 0.5 ** (age / half_life)
