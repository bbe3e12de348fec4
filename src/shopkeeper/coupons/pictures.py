"""Pictures of what a campaign did; SVG for light and dark, page and phone."""

from collections.abc import Sequence
from html import escape

from shopkeeper.coupons.qini import Curve

_LEFT, _TOP, _WIDE, _HIGH = 60, 62, 336, 250
_MOST_POINTS = 200


def qini_svg(curve: Curve, title: str) -> str:
    """Return what offers to the first so many people bring, next to what they bring in any order."""
    step = max(1, len(curve.share) // _MOST_POINTS)
    points = [
        *zip(curve.share[::step].tolist(), curve.gain[::step].tolist(), strict=True),
        (1.0, float(curve.gain[-1])),
    ]
    about = f"Qini {curve.qini:.4f}; the first half holds {100 * curve.held(0.5):.0f} % of what all would bring"
    chance = [(0.0, 0.0), (1.0, float(curve.gain[-1]))]
    return _picture(title, about, "share of people, the most moved first", "brought, a person", points, chance)


def spending_svg(planned: Sequence[float], spent: Sequence[float], title: str) -> str:
    """Return money over time, a number for each day: as planned, and as it went."""
    days = max(len(planned), len(spent), 2) - 1
    line, plan = ([(day / days, amount) for day, amount in enumerate(told)] for told in (spent, planned))
    about = (
        f"{spent[-1]:,.0f} spent of {planned[len(spent) - 1]:,.0f} planned by then" if spent else "nothing spent yet"
    )
    return _picture(title, about, f"time, {days + 1} days", "money", line, plan)


def _picture(
    title: str, about: str, along: str, up: str, line: list[tuple[float, float]], exact: list[tuple[float, float]]
) -> str:
    amounts = [amount for _, amount in (*line, *exact)] or [0.0]
    low, high = min(0.0, *amounts), max(0.0, *amounts)
    span = (high - low) or 1.0

    def path(points: list[tuple[float, float]]) -> str:
        return " ".join(
            f"{_LEFT + _WIDE * x:.1f},{_TOP + _HIGH * (1 - (amount - low) / span):.1f}" for x, amount in points
        )

    parts = [f'<rect class="track" x="{_LEFT}" y="{_TOP}" width="{_WIDE}" height="{_HIGH}" rx="3"/>']
    for fifth in range(6):
        y, x, amount = _TOP + _HIGH * (1 - fifth / 5), _LEFT + _WIDE * fifth / 5, low + span * fifth / 5
        parts += [
            f'<line class="rule" x1="{_LEFT}" x2="{_LEFT + _WIDE}" y1="{y:g}" y2="{y:g}"/>',
            f'<text class="soft" x="{_LEFT - 8}" y="{y + 4:g}" text-anchor="end">{_short(amount)}</text>',
            f'<text class="soft" x="{x:g}" y="{_TOP + _HIGH + 18}" text-anchor="middle">{fifth / 5:g}</text>',
        ]
    middle = _TOP + _HIGH / 2
    parts += [
        f'<polyline class="exact" points="{path(exact)}"/>',
        f'<polyline class="line" points="{path(line)}"/>',
        f'<text class="soft" x="{_LEFT + _WIDE / 2:g}" y="{_TOP + _HIGH + 38}" text-anchor="middle">{along}</text>',
        f'<text class="soft" text-anchor="middle" transform="translate(14 {middle:g}) rotate(-90)">{up}</text>',
    ]
    return _SVG.format(title=escape(title), about=escape(about), parts="\n".join(parts))


def _short(number: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.2g}"


_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 420 364" role="img" aria-label="{title}">
<style>
svg {{ font: 12px system-ui, sans-serif; background: #fff; --ink: #1c2430; --soft: #5c6675; --track: #f4f6f8;
  --rule: #e0e4e9; --dot: #2f6fde }}
@media (prefers-color-scheme: dark) {{ svg {{ background: #14181f; --ink: #e8ecf1; --soft: #97a1b0; --track: #1b2129;
  --rule: #2b323d; --dot: #6ea2ff }} }}
text {{ fill: var(--ink) }} .soft {{ fill: var(--soft) }} .track {{ fill: var(--track) }}
.rule {{ stroke: var(--rule) }} .exact {{ fill: none; stroke: var(--soft); stroke-dasharray: 4 4 }}
.line {{ fill: none; stroke: var(--dot); stroke-width: 2 }}
</style>
<text x="16" y="24" font-size="15" font-weight="600">{title}</text>
<text x="16" y="42" class="soft">{about}</text>
{parts}
</svg>
"""
