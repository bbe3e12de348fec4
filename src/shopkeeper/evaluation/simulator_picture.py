"""Where a simulated shop went, as a picture."""

from collections.abc import Mapping
from html import escape

import numpy as np
from numpy.typing import NDArray

from shopkeeper.evaluation.simulator import Outcome

_WIDTH, _HEIGHT, _LEFT, _TOP = 300, 150, 44, 34
_TONES = ("#b3403a", "#0a7d5a", "#2f6fde", "#b7791f")


def drifts_svg(outcomes: Mapping[str, Outcome]) -> str:
    """Return a picture of the entropy of kinds and of the Gini of exposure, day by day, a line for each policy."""
    panels = (
        ("entropy of a person's kinds in a week", {name: one.entropy for name, one in outcomes.items()}),
        ("Gini of what was shown in a week", {name: one.gini for name, one in outcomes.items()}),
    )
    parts = [_panel(title, lines, place * (_WIDTH + _LEFT + 16)) for place, (title, lines) in enumerate(panels)]
    for place, (name, tone) in enumerate(zip(outcomes, _TONES, strict=False)):
        x = _LEFT + 190 * place
        parts.append(f'<rect x="{x}" y="214" width="12" height="3" fill="{tone}"/>')
        parts.append(f'<text x="{x + 18}" y="219">{escape(name)}</text>')
    width = 2 * (_WIDTH + _LEFT + 16)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 232" role="img" aria-label="simulated drift">\n'
        "<style>svg { font: 12px system-ui, sans-serif; background: #fff } text { fill: #1c2430 }\n"
        "@media (prefers-color-scheme: dark) { svg { background: #14181f } text { fill: #e8ecf1 } }</style>\n"
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _panel(title: str, lines: Mapping[str, NDArray[np.float64]], left: int) -> str:
    told = np.concatenate([line[6:] for line in lines.values()])
    low, high = float(told.min()) * 0.95, float(told.max()) * 1.05
    x0, y0 = left + _LEFT, _TOP + _HEIGHT
    parts = [f'<text x="{x0}" y="20" font-weight="600">{escape(title)}</text>']
    for value in (low, (low + high) / 2, high):
        y = y0 - _HEIGHT * (value - low) / (high - low)
        parts.append(f'<text x="{x0 - 6}" y="{y + 4:.0f}" text-anchor="end" font-size="10">{value:.2f}</text>')
        parts.append(f'<line x1="{x0}" x2="{x0 + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#8a94a3" opacity=".3"/>')
    for line, tone in zip(lines.values(), _TONES, strict=False):
        days = np.arange(6, len(line))
        xs = x0 + _WIDTH * (days - 6) / max(1, len(line) - 7)
        ys = y0 - _HEIGHT * (line[6:] - low) / (high - low)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{tone}" stroke-width="2"/>')
    parts.append(f'<text x="{x0}" y="{y0 + 16}" font-size="10">day 7</text>')
    end = x0 + _WIDTH
    parts.append(f'<text x="{end}" y="{y0 + 16}" text-anchor="end" font-size="10">last day</text>')
    return "\n".join(parts)
