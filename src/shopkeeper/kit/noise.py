"""Whole numbers with noise that hides one person's part: exact draws, since floating point noise can be undone.

Mironov (2012) recovers what was hidden from the low bits of ordinary Laplace noise. These draws use whole numbers and
fractions alone, after Canonne, Kamath and Steinke (2020), and what is random comes from the operating system.
"""

from collections.abc import Callable
from fractions import Fraction
from secrets import randbelow

Below = Callable[[int], int]
"""Returns a whole number from 0 to n - 1, each equally likely; a test gives one that it can repeat."""


def discrete_laplace(scale: Fraction, below: Below = randbelow) -> int:
    """Return z with a chance in proportion to exp(-|z| / scale); scale = sensitivity / epsilon is epsilon-private."""
    t, s = scale.numerator, scale.denominator
    while True:
        u = below(t)
        if not _happens(Fraction(u, t), below):
            continue
        v = 0
        while _happens(Fraction(1), below):
            v += 1
        value = (u + t * v) // s
        is_negative = below(2) == 1
        if not (is_negative and value == 0):
            return -value if is_negative else value


def _happens(gamma: Fraction, below: Below) -> bool:
    """Return True with the chance exp(-gamma), gamma >= 0."""
    while gamma > 1:
        if not _happens_small(Fraction(1), below):
            return False
        gamma -= 1
    return _happens_small(gamma, below)


def _happens_small(gamma: Fraction, below: Below) -> bool:
    """Return True with the chance exp(-gamma), 0 <= gamma <= 1: von Neumann's alternating series."""
    k = 1
    while below(gamma.denominator * k) < gamma.numerator:
        k += 1
    return k % 2 == 1
