"""A reliability plot: of those who were told 0.3, how many it came true for; SVG for light and dark, page and phone."""

from html import escape

from shopkeeper.prediction.quality import Bin, Quality

_LEFT, _TOP, _SIZE = 52, 62, 340
_MOST = 9.0
"""The radius of the bin with the most cases."""


def reliability_svg(quality: Quality, title: str) -> str:
    """Return the picture: a dot for each bin, larger with more cases, on the diagonal where told is what happened."""
    n = sum(part.n for part in quality.bins)
    about = f"{n:,} cases; calibration error (ECE) {quality.ece:.3f}"
    most = max(part.n for part in quality.bins)
    line = " ".join(f"{_x(part.told):.1f},{_y(part.happened):.1f}" for part in quality.bins)
    parts = [*_axes(), f'<polyline class="line" points="{line}"/>', *(_dot(part, most) for part in quality.bins)]
    return _SVG.format(title=escape(title), about=escape(about), parts="\n".join(parts))


def _axes() -> list[str]:
    parts = [f'<rect class="track" x="{_LEFT}" y="{_TOP}" width="{_SIZE}" height="{_SIZE}" rx="3"/>']
    for tenths in range(0, 11, 2):
        share = tenths / 10
        parts += [
            f'<line class="rule" x1="{_LEFT}" x2="{_LEFT + _SIZE}" y1="{_y(share):g}" y2="{_y(share):g}"/>',
            f'<text class="soft" x="{_LEFT - 8}" y="{_y(share) + 4:g}" text-anchor="end">{share:g}</text>',
            f'<text class="soft" x="{_x(share):g}" y="{_TOP + _SIZE + 18}" text-anchor="middle">{share:g}</text>',
        ]
    middle = _TOP + _SIZE / 2
    return [
        *parts,
        f'<line class="exact" x1="{_x(0):g}" y1="{_y(0):g}" x2="{_x(1):g}" y2="{_y(1):g}"/>',
        f'<text class="soft" x="{_x(0.5):g}" y="{_TOP + _SIZE + 38}" text-anchor="middle">told</text>',
        f'<text class="soft" text-anchor="middle" transform="translate(16 {middle:g}) rotate(-90)">happened</text>',
    ]


def _dot(part: Bin, most: int) -> str:
    radius = max(2.5, _MOST * (part.n / most) ** 0.5)
    told = f"told {part.told:.2f}, happened {part.happened:.2f}, {part.n:,} cases"
    return (
        f'<circle cx="{_x(part.told):.1f}" cy="{_y(part.happened):.1f}" r="{radius:.1f}"><title>{told}</title></circle>'
    )


def _x(share: float) -> float:
    return _LEFT + _SIZE * share


def _y(share: float) -> float:
    return _TOP + _SIZE * (1 - share)


_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 420 452" role="img" aria-label="{title}">
<style>
svg {{ font: 12px system-ui, sans-serif; background: #fff; --ink: #1c2430; --soft: #5c6675; --track: #f4f6f8;
  --rule: #e0e4e9; --dot: #2f6fde }}
@media (prefers-color-scheme: dark) {{ svg {{ background: #14181f; --ink: #e8ecf1; --soft: #97a1b0; --track: #1b2129;
  --rule: #2b323d; --dot: #6ea2ff }} }}
text {{ fill: var(--ink) }} .soft {{ fill: var(--soft) }} .track {{ fill: var(--track) }}
.rule {{ stroke: var(--rule) }} .exact {{ stroke: var(--soft); stroke-dasharray: 4 4 }}
.line {{ fill: none; stroke: var(--dot); stroke-width: 1.5 }} circle {{ fill: var(--dot); fill-opacity: .85 }}
</style>
<text x="16" y="24" font-size="15" font-weight="600">{title}</text>
<text x="16" y="42" class="soft">{about}</text>
{parts}
</svg>
"""
