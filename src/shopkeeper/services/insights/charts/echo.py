"""Whether lists narrow people, as a picture."""

from shopkeeper.services.insights.charts.page import bar, number, page, percent, text
from shopkeeper.services.insights.contract import Echo


def echo(answer: Echo) -> str:
    """Return a bar for what people found alone and one for what lists led to, and the shares below."""
    most = max(answer.entropy_alone or 0.0, answer.entropy_led or 0.0) or 1.0
    parts: list[str] = []
    lines = (("found alone", answer.entropy_alone, "good full"), ("lists led to", answer.entropy_led, "new full"))
    for place, (name, entropy, tone) in enumerate(lines):
        y = 72 + 34 * place
        parts.append(text(16, y, name))
        parts.append(text(404, y, "<10 people" if entropy is None else f"{entropy:.2g} nats", "soft", "end"))
        parts.append(bar(16, y + 6, 388 * (entropy or 0.0) / most, tone))
    shares = (
        ("narrowed by lists", answer.narrowed_share),
        ("of what people turned to, lists led there", answer.led_share),
        ("of the kinds, never turned to before", answer.unseen_share),
    )
    for place, (name, share) in enumerate(shares):
        y = 152 + 22 * place
        parts.append(text(16, y, name))
        parts.append(text(404, y, "<10 people" if share is None else percent(share), "strong", "end"))
    about = f"{number(answer.people)} people, of {number(answer.judged)} enough is known"
    return page("How many kinds of things, by entropy", about, parts, 214)
