"""Whether lists narrow people, as it is told."""

from shopkeeper.data.insights import EchoFigures
from shopkeeper.kit import rounding
from shopkeeper.services.insights.contract import Echo


def echo(found: EchoFigures) -> Echo:
    """Return the figures, rounded."""
    turned, judged = rounding.total(found.turned.times, found.turned.people), rounding.people(found.judged)
    narrowed, kinds = rounding.people(found.narrowed), rounding.total(found.kinds.times, found.kinds.people)
    return Echo(
        people=rounding.people(found.turned.people),
        turned=turned,
        led_share=rounding.share(rounding.total(found.led.times, found.led.people), turned),
        judged=judged,
        narrowed=narrowed,
        narrowed_share=rounding.share(narrowed, judged),
        entropy_alone=None if judged is None else rounding.two_digits(found.alone / found.judged),
        entropy_led=None if judged is None else rounding.two_digits(found.through / found.judged),
        unseen_share=rounding.share(rounding.total(found.unseen, found.kinds.people), kinds),
    )
