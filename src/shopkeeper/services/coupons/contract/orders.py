"""What is asked with codes, and what they do to an order."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shopkeeper.coupons.reasons import Reason
from shopkeeper.services.coupons.contract.campaigns import Id, Minor, Name, Pieces

Codes = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1, max_length=5)]


class CartLineIn(BaseModel):
    """Some pieces of one product."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    item_id: Id
    """The product."""
    quantity: Pieces = 1
    """Pieces of it."""
    unit_minor: Minor
    """What one piece costs before any coupon, in minor units."""
    categories: Annotated[list[Id], Field(max_length=100)] | None = None
    """Its categories; else those of the catalogue."""
    cost_minor: Minor | None = None
    """What a piece costs the shop; else the attribute `cost_minor` of the catalogue. Needed where a margin is kept."""


class CartIn(BaseModel):
    """What somebody is about to buy."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    """ISO 4217 code of all amounts."""
    lines: Annotated[list[CartLineIn], Field(min_length=1, max_length=200)]
    """Each of another product."""
    shipping_minor: Minor = 0
    """What sending it costs."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len({line.item_id for line in self.lines}) < len(self.lines):
            raise ValueError("lines: two are of the same item_id; add them up")
        return self


class ValidateRequest(BaseModel):
    """The question what codes would do."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    codes: Codes
    """Up to five, as they were typed."""
    cart: CartIn
    """What they are for."""
    shopper_id: Id | None = None
    """Whose it is: a user id, or else a visitor id. Needed where a coupon is for certain people."""


class ReserveRequest(ValidateRequest):
    """The wish to hold coupons for an order that is not paid yet."""

    order_id: Id
    """The shop's own id of the order."""
    minutes: Annotated[int, Field(ge=1, le=10_080)] = 15
    """After which they are free again."""


class RedeemRequest(BaseModel):
    """The wish to use coupons: those reserved for an order, or these at once."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    order_id: Id
    """The shop's own id of the order."""
    codes: Codes | None = None
    """Where nothing is reserved: up to five."""
    cart: CartIn | None = None
    """With codes: what they are for."""
    shopper_id: Id | None = None
    """With codes: whose it is."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.codes is None) != (self.cart is None) or (self.shopper_id and not self.codes):
            raise ValueError("codes and cart belong together; without both, what is reserved for the order is redeemed")
        return self


class ReleaseRequest(BaseModel):
    """The wish to free what is reserved for an order."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    order_id: Id
    """The order."""


class ReturnLine(BaseModel):
    """Pieces of a product that come back."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    item_id: Id
    """The product."""
    quantity: Pieces = 1
    """Pieces of it."""


class ReverseRequest(BaseModel):
    """The wish to take goods of an order back."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    order_id: Id
    """The order."""
    lines: Annotated[list[ReturnLine], Field(max_length=200)] | None = None
    """What comes back; else all that has not yet."""
    shipping: bool | None = None
    """Whether what was paid for the shipping is paid back; else only when everything comes back."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.lines and len({line.item_id for line in self.lines}) < len(self.lines):
            raise ValueError("lines: two are of the same item_id; add them up")
        return self


class Reduction(BaseModel):
    """What one coupon takes off one line."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    coupon_id: str
    """The coupon; not its code."""
    campaign_id: str
    """Its campaign."""
    offer_id: str
    """Which of its offers it is."""
    item_id: str | None
    """The product of the line; none of the shipping."""
    off_minor: int
    """Minor units."""
    text: str
    """The offer in words."""


class RefusalOut(BaseModel):
    """Why something is not done."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    place: int | None
    """Which of the codes, people or lines that were sent it is about, from 0 on; none: all of them."""
    reason: Reason
    """The same word for the same reason, for programs."""
    detail: str
    """A sentence for people."""


class CouponAnswer(BaseModel):
    """What codes do to an order."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    state: Literal["valid", "reserved", "redeemed", "released", "refused"]
    """What was done. `refused`: nothing; `refusals` say why."""
    order_id: str | None
    """The order."""
    currency: str | None
    """Of all amounts."""
    goods_minor: int
    """What the goods cost before any coupon."""
    shipping_minor: int
    """What sending costs before any coupon."""
    off_minor: int
    """What the coupons take off together."""
    to_pay_minor: int
    """What remains; never below 0."""
    lines: list[Reduction]
    """Each coupon and line by itself."""
    refusals: list[RefusalOut]
    """Of `valid`, codes that do nothing beside those that do."""
    reserved_until: datetime | None
    """Of `reserved`: they are free again then."""


class BackOut(BaseModel):
    """Pieces that come back."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    item_id: str | None
    """The product; none of the shipping."""
    quantity: int
    """Pieces."""
    price_minor: int
    """What they cost before any coupon."""
    off_minor: int
    """What coupons had taken off."""
    refund_minor: int
    """The difference: what the customer had paid for them."""


class ReverseAnswer(BaseModel):
    """What the customer gets back."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    state: Literal["reversed", "refused"]
    """What was done. `refused`: nothing; `refusals` say why."""
    order_id: str
    """The order."""
    currency: str | None
    """Of all amounts."""
    refund_minor: int
    """To be paid back, all lines together; over all parts of an order exactly what was paid."""
    off_minor: int
    """What goes back to the budgets of the campaigns."""
    is_whole: bool
    """Whether all goods of the order have come back now."""
    lines: list[BackOut]
    """Each by itself."""
    refusals: list[RefusalOut]
    """Why nothing comes back."""


class IssueTo(BaseModel):
    """Somebody who gets a coupon."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    shopper_id: Id
    """Who alone may use it."""
    decision_id: Id | None = None
    """The decision that it comes from; each gives one coupon at most."""


class IssueRequest(BaseModel):
    """The wish for new codes, each good for one order."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    campaign_id: Name
    """The campaign."""
    offer_id: Name
    """Which of its offers."""
    people: Annotated[list[IssueTo], Field(min_length=1, max_length=1000)] | None = None
    """One for each of them."""
    count: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Or so many for whoever has the code."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.people is None) == (self.count is None):
            raise ValueError("people or count is needed, and not both: who are the codes for?")
        return self


class IssuedCoupon(BaseModel):
    """A new coupon."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    coupon_id: str
    """By which the ledger knows it; no secret."""
    code: str
    """What the customer types. It is told with this answer alone, and kept nowhere."""
    shopper_id: str | None
    """Who alone may use it; none: whoever has the code."""
    expires_at: datetime
    """It is not good from then on."""


class IssueAnswer(BaseModel):
    """New codes."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    coupons: list[IssuedCoupon]
    """In the order of the people, without those who got none."""
    refusals: list[RefusalOut]
    """Why somebody got none."""


class EntryOut(BaseModel):
    """One line of the ledger."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    number: int
    """Its place; later lines have greater ones."""
    coupon_id: str
    """The coupon."""
    campaign_id: str
    """Its campaign..."""
    version: int
    """...and the version whose terms it keeps."""
    offer_id: str
    """Its offer."""
    step: str
    """offered, issued, reserved, redeemed, released, expired or reversed."""
    at: datetime
    """When, in UTC."""
    order_id: str | None
    """In which order."""
    reserved_minor: int
    """By how much more is held of the budget; less than 0: by how much less."""
    spent_minor: int
    """By how much more is spent of it."""


class Ledger(BaseModel):
    """A part of the ledger."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    entries: list[EntryOut]
    """As they were written."""
    number: int
    """Give it as `since` for what comes after."""
