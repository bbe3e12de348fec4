"""Figures about people that single out nobody, whichever of them are subtracted from each other (decision 19)."""

from math import floor, log10
from typing import overload

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

BASE = 10
"""Fewer people are not told of, and more in multiples of it."""


@overload
def tens(n: int) -> int: ...
@overload
def tens(n: Numbers) -> Numbers: ...
def tens(n: int | Numbers) -> int | Numbers:
    """Return the nearest multiple of ten, halves up."""
    return (n + BASE // 2) // BASE * BASE


def people(n: int) -> int | None:
    """Return a number of people as the nearest multiple of ten, halves up; None for fewer than ten."""
    return None if n < BASE else tens(n)


def total(value: int, n_people: int) -> int | None:
    """Return a sum over people as their average, to two digits, times their rounded number; None for fewer than ten.

    So a sum says no more of who is in it than the number does: about five people can come or go without being seen.
    """
    told = people(n_people)
    return None if told is None else round(two_digits(value / n_people) * told)


def share(part: int | None, whole: int | None) -> float | None:
    """Return the quotient of two figures as they are told, to four digits after the point."""
    return None if part is None or not whole else round(part / whole, 4)


def two_digits(value: float) -> float:
    """Return a number to its first two digits, which is how an average of people is told."""
    return round(value, 1 - floor(log10(abs(value)))) if value else 0.0
