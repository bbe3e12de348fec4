"""Numbers as people read them."""

from math import isnan


def legible(number: float) -> str:
    """Return four decimals of a number, of a thousand and more none, in groups; `unknown` for NaN.

    >>> legible(1.1e-16), legible(0.99213), legible(136.0), legible(8058123.4), legible(float("nan"))
    ('0', '0.9921', '136', '8,058,123', 'unknown')
    """
    if isnan(number):
        return "unknown"
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{round(number, 4):g}"
