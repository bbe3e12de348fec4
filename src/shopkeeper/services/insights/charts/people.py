"""Pictures of what people do: funnel, retention, RFM."""

from html import escape

from shopkeeper.kit.money import Money
from shopkeeper.services.insights.charts.page import cut, page, percent, text, time
from shopkeeper.services.insights.contract import Funnel, FunnelGroup, Retention, Rfm, SegmentName

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
        parts.append(text(16, y, "Nothing with ten people or more.", "soft"))
    names = " → ".join(step.type for step in answer.groups[0].steps) if answer.groups else ""
    return page("Funnel", names, parts, y + 8)


def _steps(group: FunnelGroup, most: int, y: int) -> tuple[str, int]:
    drawn = []
    if group.name is not None:
        drawn.append(text(16, y, cut(group.name, 48), "strong"))
        y += 20
    for place, step in enumerate(group.steps):
        width = 388 * (step.people or 0) / most
        told = f"{step.people:,}" if step.people else "fewer than 10"
        share = "" if place == 0 or step.of_first is None else f" · {percent(step.of_first)} of all"
        if place > 1 and step.of_previous is not None:
            share += f", {percent(step.of_previous)} of the step before"
        drawn.append(text(16, y, f'<tspan class="strong">{escape(step.type)}</tspan> {told}{share}', raw=True))
        drawn.append(f'<rect x="16" y="{y + 7}" width="388" height="16" rx="3" class="track"/>')
        drawn.append(f'<rect x="16" y="{y + 7}" width="{max(width, 2):.1f}" height="16" rx="3" class="new full"/>')
        y += 46
    if group.median_hours is not None:
        drawn.append(text(16, y, f"From first to last, half of them within {time(group.median_hours)}", "soft"))
        y += 24
    return "\n".join(drawn), y + 6


def retention(answer: Retention) -> str:
    """Return a row for each cohort, the newest sixteen, darker where more came back."""
    cohorts = answer.cohorts[-_MOST_COHORTS:]
    columns = min(max((len(one.returned) for one in cohorts), default=0), _MOST_PERIODS)
    cell = min(40.0, 280 / max(columns, 1))
    parts = [text(16, 66, "first in", "soft"), text(128, 66, "people", "soft", "end")]
    parts += [text(136 + cell * (k + 0.5), 66, f"+{k + 1}", "soft tiny", "middle") for k in range(columns)]
    for row, cohort in enumerate(cohorts):
        y = 76 + 24 * row
        parts.append(text(16, y + 16, f"{cohort.start:%Y-%m-%d}"))
        parts.append(text(128, y + 16, f"{cohort.people:,}" if cohort.people else "<10", anchor="end"))
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
            parts.append(text(x + cell / 2 - 1, y + 15, told, "small", "middle"))
    if not cohorts:
        parts = [text(16, 66, "Nobody came.", "soft")]
    return page(
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
        parts.append(text(x + size / 2 - 1.5, y + 26, told, "strong", "middle"))
    for score in range(1, 6):
        parts.append(text(74 + size * (score - 0.5), 298, str(score), "soft", "middle"))
        parts.append(text(64, 62 + 44 * (5 - score) + 26, str(score), "soft", "end"))
    parts.append(text(74 + size * 2.5, 314, "recency: bought lately →", "soft", "middle"))
    parts.append(
        '<text class="soft" text-anchor="middle" transform="translate(28 172) rotate(-90)">'
        "spending: often, much →</text>"
    )
    for row, segment in enumerate(answer.segments):
        y = 344 + 22 * row
        parts.append(f'<rect x="16" y="{y - 11}" width="14" height="14" rx="3" class="{_TONES[segment.name]}"/>')
        parts.append(text(38, y, segment.name))
        parts.append(text(210, y, f"{segment.people:,}" if segment.people else "<10", anchor="end"))
        parts.append(text(262, y, "" if segment.share is None else percent(segment.share), "soft", "end"))
        if segment.money_minor is not None and answer.currency:
            parts.append(text(404, y, str(Money(segment.money_minor, answer.currency)), "soft", "end"))
    everybody = f"{answer.people:,} customers" if answer.people else "Fewer than 10 customers"
    return page("Customers by recency, frequency and money", everybody, parts, 344 + 22 * len(answer.segments))
