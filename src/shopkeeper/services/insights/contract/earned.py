"""What recommendations earned."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shopkeeper.data.insights import OriginPart
from shopkeeper.services.insights.contract.days import Count, OfDays, Share, listed

OriginParts = Annotated[list[OriginPart], BeforeValidator(listed), Field(min_length=1, max_length=3)]


class EarnedRequest(OfDays):
    """The wish to know what came of lists."""

    within_hours: Annotated[float, Field(gt=0, le=24 * 90)] = 24
    """The most that may lie between a click, or an impression, and the cart or the purchase that it led to."""
    by: OriginParts = Field(default=["scenario", "model", "version"])
    """What lists are told apart by: `scenario,model,version`, or some of these."""


class EarnedAfter(BaseModel):
    """What lists led to."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    carts: Count
    """Products put into the cart: the average of a person to two digits, times the number of people, as all here."""
    purchases: Count
    """Products bought, each due to one list."""
    buyers: Count
    """Who bought them, to the nearest ten; none: fewer than ten."""
    money_minor: int | None
    """What was paid for them, in minor units; what was given back later is not taken off."""


class EarnedGroup(BaseModel):
    """What came of the lists of one origin."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    scenario: str | None
    """The scenario; none where lists are not told apart by it, or their ids do not say."""
    model: str | None
    """The model; none as before."""
    model_version: str | None
    """Its version; none as before."""
    people: Count
    """Who was shown products of these lists, to the nearest ten; none: fewer than ten."""
    impressions: Count
    """How often products were shown."""
    clicks: Count
    """How often products were clicked on."""
    click_share: Share
    """Clicks per impression."""
    after_click: EarnedAfter
    """Of the same product by the same person, after a click on it in these lists."""
    after_impression: EarnedAfter
    """After an impression alone."""


class Earned(BaseModel):
    """The answer to an EarnedRequest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    currency: str | None
    """Of the money: that of most purchases; others are left out."""
    all: EarnedGroup
    """Of all lists."""
    groups: list[EarnedGroup]
    """Of each origin that ten people or more were shown, clicked on or bought from; most money after clicks first."""
