"""Numbers as people read them."""

from math import isnan


def legible(number: float) -> str:
    """Return four decimals of a number, of a thousand and more none, in groups; `unknown` for NaN."""
    if isnan(number):
        return "unknown"
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{round(number, 4):g}"
