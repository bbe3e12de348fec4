"""Whether lists narrow people."""

from pydantic import BaseModel, ConfigDict

from shopkeeper.services.insights.contract.days import Count, Share


class Echo(BaseModel):
    """What lists led people to, against what they found alone; without a first day, in the last 28 days of the log."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    people: Count
    """Who viewed, kept, put into the cart, bought or clicked on anything, to the nearest ten; none: fewer than ten."""
    turned: Count
    """How often: the average of a person to two digits, times the number of people."""
    led_share: Share
    """Share of that which lists led to: it is a click in one, or names the answer that showed it."""
    judged: Count
    """Who turned to eight products or more in each way: of others, few events are of few kinds by chance."""
    narrowed: Count
    """Of these, for whom lists led to fewer kinds, by entropy, than four fifths of what they found alone."""
    narrowed_share: Share
    """Their share."""
    entropy_alone: float | None
    """Mean over those judged of the entropy of the first level of categories of what they found alone, in nats."""
    entropy_led: float | None
    """The same of what lists led to, of as many events."""
    unseen_share: Share
    """Of people who had been there before: the share of their categories that they had never turned to."""
