"""The page that pictures are drawn on: SVG that looks right in light and dark, on a page and on a phone."""

from collections.abc import Iterable, Sequence
from html import escape

_WIDTH = 420


def text(x: float, y: float, said: str, kind: str = "", anchor: str = "", *, raw: bool = False) -> str:
    """Return a line of text at a place; `raw`: it is markup."""
    about = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:g}" y="{y:g}"{about}>{said if raw else escape(said)}</text>'


def number(n: int | None) -> str:
    """Return a number of people, or of what they did, as it is told."""
    return "<10" if n is None else f"{n:,}"


def bar(x: float, y: float, width: float, kind: str, height: float = 9) -> str:
    """Return a bar from the left."""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:.1f}" height="{height:g}" rx="3" class="{kind}"/>'


def percent(share: float) -> str:
    """Return a share as people read it."""
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"


def time(hours: float) -> str:
    """Return a length of time in the unit that suits it."""
    if hours >= 48:
        return f"{hours / 24:.3g} days"
    return f"{hours:.2g} hours" if hours >= 2 else f"{hours * 60:.2g} minutes"


def cut(said: str, most: int) -> str:
    """Return at most so many letters."""
    return said if len(said) <= most else f"{said[: most - 1]}…"


def page(title: str, subtitle: str, parts: Iterable[str] | Sequence[str], height: float) -> str:
    """Return the whole picture."""
    return _SVG.format(
        width=_WIDTH, height=f"{height:g}", title=escape(title), about=escape(subtitle), parts="\n".join(parts)
    )


_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{title}">
<style>
svg {{ font: 12px system-ui, sans-serif; background: #fff; --ink: #1c2430; --soft: #5c6675; --track: #edf0f3;
  --new: #2f6fde; --good: #0a7d5a; --fading: #b7791f; --lost: #b3403a; --gone: #8a94a3 }}
@media (prefers-color-scheme: dark) {{ svg {{ background: #14181f; --ink: #e8ecf1; --soft: #97a1b0; --track: #232a34;
  --new: #6ea2ff; --good: #4cc79c; --fading: #e0ae55; --lost: #f08b84; --gone: #7d8795 }} }}
text {{ fill: var(--ink) }} .soft {{ fill: var(--soft) }} .strong {{ font-weight: 600 }} .small {{ font-size: 11px }}
.tiny {{ font-size: 10px }}
.rise {{ fill: var(--good) }} .fall {{ fill: var(--lost) }}
rect {{ fill-opacity: .28 }} rect.track {{ fill: var(--track); fill-opacity: 1 }} rect.full {{ fill-opacity: 1 }}
rect.new {{ fill: var(--new) }} rect.good {{ fill: var(--good) }} rect.fading {{ fill: var(--fading) }}
rect.lost {{ fill: var(--lost) }} rect.gone {{ fill: var(--gone) }}
</style>
<text x="16" y="24" font-size="15" font-weight="600">{title}</text>
<text x="16" y="42" class="soft">{about}</text>
{parts}
</svg>
"""
