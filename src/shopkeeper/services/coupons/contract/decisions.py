"""Who is offered what."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shopkeeper.data.coupon import Arm
from shopkeeper.services.coupons.contract.campaigns import Id, Name


class DecideFor(BaseModel):
    """Somebody about whom is decided."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    shopper_id: Id
    """A user id, or else a visitor id."""
    opted_out: bool = False
    """Asked for no personal offers: nothing is read, decided or logged about them."""


class DecideRequest(BaseModel):
    """The wish to know who is offered what."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    people: Annotated[list[DecideFor], Field(min_length=1, max_length=1000)]
    """Each once."""
    campaign_id: Name | None = None
    """Of this campaign; without it, of all that run now."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len({one.shopper_id for one in self.people}) < len(self.people):
            raise ValueError("people: somebody is named twice")
        return self


class DecisionOut(BaseModel):
    """What one person is offered of one campaign."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    shopper_id: str
    """The person."""
    campaign_id: str
    """The campaign."""
    offer_id: str | None
    """What they are offered; none: nothing of their own. `issue` makes the code, of this decision."""
    decision_id: str | None
    """By which it is logged; none: nothing was decided, and nothing is logged."""
    arm: Arm | None
    """`never` and `explore` by chance, `policy` by what was learned."""
    probability: float | None
    """Of this decision for such a person, the draws included."""
    version: str
    """Of the campaign and of what was learned: under it, a person's decision stays."""
    as_of: datetime
    """What came after was not looked at, in UTC."""
    why: str
    """For people who ask."""


class DecideAnswer(BaseModel):
    """The answer to a DecideRequest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    decisions: list[DecisionOut]
    """Of each campaign, one for each person, in order."""
    open_to_all: dict[str, list[str]]
    """The offers of each campaign that everybody may have."""
    disclosure: dict[Literal["en", "zh"], str]
    """What the shop tells people where coupons are given."""
