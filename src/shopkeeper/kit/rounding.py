"""Figures about people that single out nobody, whichever of them are subtracted from each other (decision 18)."""

from math import floor, log10

BASE = 10
"""Fewer people are not told of, and more in multiples of it."""


def people(n: int) -> int | None:
    """Return a number of people as the nearest multiple of ten, halves up; None for fewer than ten."""
    return None if n < BASE else (n + BASE // 2) // BASE * BASE


def total(value: int, n_people: int) -> int | None:
    """Return a sum over people in steps of what about ten of them add to it; None for fewer than ten people.

    The step is 1, 2 or 5 times a power of ten, and at least ten: so much can leave a sum without being seen.
    """
    if n_people < BASE:
        return None
    step = _round_step(max(BASE, BASE * abs(value) / n_people))
    return (value + step // 2) // step * step


def share(part: int | None, whole: int | None) -> float | None:
    """Return the quotient of two figures as they are told, to four digits after the point."""
    return None if part is None or not whole else round(part / whole, 4)


def two_digits(value: float) -> float:
    """Return a number to its first two digits, which is how an average of people is told."""
    return round(value, 1 - floor(log10(abs(value)))) if value else 0.0


def _round_step(least: float) -> int:
    power = 10 ** floor(log10(least))
    return next(int(factor * power) for factor in (1, 2, 5, 10) if factor * power >= least)
