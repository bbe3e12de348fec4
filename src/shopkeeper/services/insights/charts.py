"""The analyses as pictures: SVG that looks right in light and dark, on a page and on a phone."""

from collections.abc import Iterable, Sequence
from html import escape

from shopkeeper.kit.money import Money
from shopkeeper.services.insights.contract import (
    AssociationRules,
    Funnel,
    FunnelGroup,
    Retention,
    Rfm,
    SegmentName,
)

_WIDTH = 420
_MOST_COHORTS, _MOST_PERIODS = 16, 12
_TONES: dict[SegmentName, str] = {
    "champions": "good",
    "loyal": "good",
    "promising": "new",
    "new": "new",
    "need attention": "fading",
    "about to sleep": "fading",
    "at risk": "lost",
    "cannot lose": "lost",
    "hibernating": "gone",
}


def funnel(answer: Funnel) -> str:
    """Return a bar for each step, below each other for each group."""
    most = max((group.steps[0].people or 0 for group in answer.groups), default=0)
    parts, y = [], 64
    for group in answer.groups:
        drawn, y = _steps(group, most or 1, y)
        parts.append(drawn)
    if not answer.groups:
        parts.append(_text(16, y, "Nothing with ten people or more.", "soft"))
    names = " → ".join(step.type for step in answer.groups[0].steps) if answer.groups else ""
    return _page("Funnel", names, parts, y + 8)


def _steps(group: FunnelGroup, most: int, y: int) -> tuple[str, int]:
    drawn = []
    if group.name is not None:
        drawn.append(_text(16, y, _cut(group.name, 48), "strong"))
        y += 20
    for place, step in enumerate(group.steps):
        width = 388 * (step.people or 0) / most
        told = f"{step.people:,}" if step.people else "fewer than 10"
        share = "" if place == 0 or step.of_first is None else f" · {_percent(step.of_first)} of all"
        if place > 1 and step.of_previous is not None:
            share += f", {_percent(step.of_previous)} of the step before"
        drawn.append(_text(16, y, f'<tspan class="strong">{escape(step.type)}</tspan> {told}{share}', raw=True))
        drawn.append(f'<rect x="16" y="{y + 7}" width="388" height="16" rx="3" class="track"/>')
        drawn.append(f'<rect x="16" y="{y + 7}" width="{max(width, 2):.1f}" height="16" rx="3" class="new full"/>')
        y += 46
    if group.median_hours is not None:
        drawn.append(_text(16, y, f"From first to last, half of them within {_time(group.median_hours)}", "soft"))
        y += 24
    return "\n".join(drawn), y + 6


def retention(answer: Retention) -> str:
    """Return a row for each cohort, the newest sixteen, darker where more came back."""
    cohorts = answer.cohorts[-_MOST_COHORTS:]
    columns = min(max((len(one.returned) for one in cohorts), default=0), _MOST_PERIODS)
    cell = min(40.0, 280 / max(columns, 1))
    parts = [_text(16, 66, "first in", "soft"), _text(128, 66, "people", "soft", "end")]
    parts += [_text(136 + cell * (k + 0.5), 66, f"+{k + 1}", "soft tiny", "middle") for k in range(columns)]
    for row, cohort in enumerate(cohorts):
        y = 76 + 24 * row
        parts.append(_text(16, y + 16, f"{cohort.start:%Y-%m-%d}"))
        parts.append(_text(128, y + 16, f"{cohort.people:,}" if cohort.people else "<10", anchor="end"))
        for k, (n, share) in enumerate(zip(cohort.returned[:columns], cohort.share, strict=False)):
            x = 136 + cell * k
            shade = 0.08 + 0.72 * (share or 0)
            parts.append(f'<rect x="{x:.1f}" y="{y}" width="{cell - 2:.1f}" height="22" rx="3" class="track"/>')
            if n is not None and share is not None:
                parts.append(
                    f'<rect x="{x:.1f}" y="{y}" width="{cell - 2:.1f}" height="22" rx="3" class="new" '
                    f'style="fill-opacity:{shade:.2f}"/>'
                )
            told = "<10" if share is None else f"{100 * share:.0f}"
            parts.append(_text(x + cell / 2 - 1, y + 15, told, "small", "middle"))
    if not cohorts:
        parts = [_text(16, 66, "Nobody came.", "soft")]
    return _page(
        "Retention",
        f"Of each 100, how many came again, {answer.every} by {answer.every}",
        parts,
        84 + 24 * len(cohorts),
    )


def rfm(answer: Rfm) -> str:
    """Return the 25 squares of recency and spending, and the segments below."""
    parts, size = [], 66
    for square in answer.squares:
        x, y = 74 + size * (square.recency - 1), 62 + 44 * (5 - square.spending)
        tone = _TONES[square.segment]
        parts.append(f'<rect x="{x}" y="{y}" width="{size - 3}" height="41" rx="4" class="{tone}"/>')
        told = f"{square.people:,}" if square.people else "<10"
        parts.append(_text(x + size / 2 - 1.5, y + 26, told, "strong", "middle"))
    for score in range(1, 6):
        parts.append(_text(74 + size * (score - 0.5), 298, str(score), "soft", "middle"))
        parts.append(_text(64, 62 + 44 * (5 - score) + 26, str(score), "soft", "end"))
    parts.append(_text(74 + size * 2.5, 314, "recency: bought lately →", "soft", "middle"))
    parts.append(
        '<text class="soft" text-anchor="middle" transform="translate(28 172) rotate(-90)">'
        "spending: often, much →</text>"
    )
    for row, segment in enumerate(answer.segments):
        y = 344 + 22 * row
        parts.append(f'<rect x="16" y="{y - 11}" width="14" height="14" rx="3" class="{_TONES[segment.name]}"/>')
        parts.append(_text(38, y, segment.name))
        parts.append(_text(210, y, f"{segment.people:,}" if segment.people else "<10", anchor="end"))
        parts.append(_text(262, y, "" if segment.share is None else _percent(segment.share), "soft", "end"))
        if segment.money_minor is not None and answer.currency:
            parts.append(_text(404, y, str(Money(segment.money_minor, answer.currency)), "soft", "end"))
    everybody = f"{answer.people:,} customers" if answer.people else "Fewer than 10 customers"
    return _page("Customers by recency, frequency and money", everybody, parts, 344 + 22 * len(answer.segments))


def rules(answer: AssociationRules) -> str:
    """Return a bar for each rule, as long as its lift is high."""
    most = max((rule.lift for rule in answer.rules), default=1.0)
    parts = []
    for row, rule in enumerate(answer.rules):
        y = 68 + 54 * row
        parts.append(_text(16, y, _cut(rule.title, 62)))
        parts.append(_text(16, y + 15, f"→ {_cut(rule.then_title, 60)}", "strong"))
        parts.append(f'<rect x="16" y="{y + 21}" width="90" height="9" rx="3" class="track"/>')
        parts.append(
            f'<rect x="16" y="{y + 21}" width="{90 * rule.lift / most:.1f}" height="9" rx="3" class="new full"/>'
        )
        told = f"{rule.lift:.3g} times chance, {_percent(rule.confidence)} of buyers, {rule.baskets:,} baskets"
        parts.append(_text(114, y + 30, told, "soft small"))
    if not answer.rules:
        parts.append(_text(16, 68, "No pair is bought together more often than by chance.", "soft"))
    about = f"{answer.baskets:,} baskets" if answer.baskets else "Fewer than 10 baskets"
    return _page("Bought together", about, parts, 68 + 54 * max(len(answer.rules), 1) - 12)


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "", *, raw: bool = False) -> str:
    about = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:g}" y="{y:g}"{about}>{text if raw else escape(text)}</text>'


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"


def _time(hours: float) -> str:
    if hours >= 48:
        return f"{hours / 24:.3g} days"
    return f"{hours:.2g} hours" if hours >= 2 else f"{hours * 60:.2g} minutes"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _page(title: str, subtitle: str, parts: Iterable[str] | Sequence[str], height: float) -> str:
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
rect {{ fill-opacity: .28 }} rect.track {{ fill: var(--track); fill-opacity: 1 }} rect.full {{ fill-opacity: 1 }}
rect.new {{ fill: var(--new) }} rect.good {{ fill: var(--good) }} rect.fading {{ fill: var(--fading) }}
rect.lost {{ fill: var(--lost) }} rect.gone {{ fill: var(--gone) }}
</style>
<text x="16" y="24" font-size="15" font-weight="600">{title}</text>
<text x="16" y="42" class="soft">{about}</text>
{parts}
</svg>
"""
