"""Pictures of visits: the ways that people take, and their searches."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from html import escape

from shopkeeper.services.insights.charts.page import bar, cut, number, page, percent, text
from shopkeeper.services.insights.contract import Paths, PathTold, Searches

_TOP, _HEIGHT, _LEAST = 78, 380, 3.0
_TONES = {"purchase": "good", "cart": "fading", "search": "lost"}
Children = dict[tuple[str, ...], list[PathTold]]


def paths(answer: Paths) -> str:
    """Return a column for each step: who took one stands right of the step before, as high as there are visits."""
    children: Children = defaultdict(list)
    for one in answer.beginnings:
        children[tuple(one.steps if one.ended else one.steps[:-1])].append(one)
    depth = max((len(one.steps) for one in answer.beginnings), default=1)
    width = 388 / depth
    parts = [text(16 + width * k, 66, f"{k + 1}.", "soft") for k in range(depth)]
    if not children:
        parts = [text(16, 66, "No way that ten people took.", "soft")]
    parts += _below((), children, (answer.visits or 1, _TOP, _HEIGHT, width))
    about = f"{number(answer.visits)} visits of {number(answer.people)} people; grey: ended"
    return page("Ways through the shop", about, parts, _TOP + (_HEIGHT + 12 if children else 0))


def _below(steps: tuple[str, ...], children: Children, room: tuple[int, float, float, float]) -> Iterator[str]:
    """Draw what comes after some steps, in the room of these: of how many visits, from where, how high, how wide."""
    visits, y, height, width = room
    following = children.get(steps, ())
    # Rounded figures may add up to more than their sum.
    each = height / max(visits, sum(one.visits for one in following), 1)
    for one in following:
        high = one.visits * each
        if high >= _LEAST:
            x = 16 + width * len(steps)
            name = "" if one.ended else one.steps[-1]
            yield _block(one, name, x, y, width, high)
            if not one.ended:
                yield from _below(tuple(one.steps), children, (one.visits, y, high, width))
        y += high


def _block(one: PathTold, name: str, x: float, y: float, width: float, high: float) -> str:
    tone = "gone" if one.ended else _TONES.get(name.partition(" ")[0], "new")
    share = "" if one.share is None else percent(one.share)
    way = " → ".join([*one.steps, *(["ended"] if one.ended else [])])
    label = cut(name or "ended", max(int(width / 6.6), 3))
    drawn = (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width - 3:.1f}" height="{max(high - 2, 1):.1f}" rx="3" class="{tone}">'
    )
    said = [f"{drawn}<title>{escape(way)}: {one.visits:,} visits, {share}</title></rect>"]
    if high >= 15:
        said.append(text(round(x + 5, 1), round(y + 12, 1), label, "soft small" if one.ended else "small"))
    if high >= 29:
        said.append(text(round(x + 5, 1), round(y + 25, 1), share, "soft small"))
    return "\n".join(said)


def searches(answer: Searches) -> str:
    """Return a bar for each words: all searches, and darker those that led nowhere."""
    most = max((one.searches or 0 for one in answer.queries), default=0) or 1
    parts: list[str] = []
    for place, one in enumerate(answer.queries):
        y = 68 + 46 * place
        parts.append(text(16, y, cut(one.query or "", 44), "strong"))
        parts.append(text(404, y, f"{number(one.searches)} by {number(one.people)}", "soft", "end"))
        parts.append(bar(16, y + 6, 388 * (one.searches or 0) / most, "new"))
        parts.append(bar(16, y + 6, 388 * (one.led_nowhere or 0) / most, "lost full"))
        parts.append(text(16, y + 27, ", ".join(_fates(one.led_nowhere_share, one.found_nothing_share)), "soft small"))
    if not answer.queries:
        parts.append(text(16, 68, "Nothing that ten people searched for.", "soft"))
    nowhere = _fates(answer.all.led_nowhere_share, None)
    about = f"{number(answer.all.searches)} by {number(answer.all.people)} people; red: {nowhere[0]}"
    return page("Searches", about, parts, 68 + 46 * max(len(answer.queries), 1) - 10)


def _fates(nowhere: float | None, nothing: float | None) -> Sequence[str]:
    told = [f"{'<10' if nowhere is None else percent(nowhere)} led nowhere"]
    return told if nothing is None else [*told, f"{percent(nothing)} found nothing"]
