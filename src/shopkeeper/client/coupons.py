"""Coupons as a back end sees them: what is asked, and what comes back."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal, Required, TypedDict, TypeVar
from uuid import uuid4

from shopkeeper.client.answers import Answer
from shopkeeper.client.requests import Call

T = TypeVar("T", bound=Answer)


class CartLine(TypedDict, total=False):
    """Some pieces of one product; the reference of `POST /v1/coupons/validate` says what each field does."""

    item_id: Required[str]
    quantity: int
    unit_minor: Required[int]
    categories: Sequence[str]
    cost_minor: int


class Cart(TypedDict, total=False):
    """What somebody is about to buy."""

    currency: Required[str]
    lines: Required[Sequence[CartLine]]
    shipping_minor: int


class Reduction(Answer):
    """What one coupon takes off one line."""

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


class Refusal(Answer):
    """Why something is not done."""

    place: int | None
    """Which of the codes, people or lines that were sent it is about, from 0 on; none: all of them."""
    reason: str
    """The same word for the same reason, for programs."""
    detail: str
    """A sentence for people."""


class CouponAnswer(Answer):
    """What codes do to an order."""

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
    """What remains."""
    lines: list[Reduction]
    """Each coupon and line by itself."""
    refusals: list[Refusal]
    """Why codes do nothing."""
    reserved_until: datetime | None
    """Of `reserved`: they are free again then."""


class Back(Answer):
    """Pieces that come back."""

    item_id: str | None
    """The product; none of the shipping."""
    quantity: int
    """Pieces."""
    price_minor: int
    """What they cost before any coupon."""
    off_minor: int
    """What coupons had taken off."""
    refund_minor: int
    """What the customer had paid for them."""


class ReverseAnswer(Answer):
    """What the customer gets back."""

    state: Literal["reversed", "refused"]
    """What was done."""
    order_id: str
    """The order."""
    currency: str | None
    """Of all amounts."""
    refund_minor: int
    """To be paid back."""
    off_minor: int
    """What goes back to the budgets."""
    is_whole: bool
    """Whether all goods have come back now."""
    lines: list[Back]
    """Each by itself."""
    refusals: list[Refusal]
    """Why nothing comes back."""


class IssuedCoupon(Answer):
    """A new coupon."""

    coupon_id: str
    """By which the ledger knows it."""
    code: str
    """What the customer types; it is told this once."""
    shopper_id: str | None
    """Who alone may use it."""
    expires_at: datetime
    """It is not good from then on."""


class IssueAnswer(Answer):
    """New codes."""

    coupons: list[IssuedCoupon]
    """In the order of the people."""
    refusals: list[Refusal]
    """Why somebody got none."""


class DecisionOut(Answer):
    """What one person is offered of one campaign."""

    shopper_id: str
    """The person."""
    campaign_id: str
    """The campaign."""
    offer_id: str | None
    """What they are offered; none: nothing of their own."""
    decision_id: str | None
    """By which it is logged; none: nothing was decided."""
    arm: Literal["explore", "never", "policy"] | None
    """`never` and `explore` by chance, `policy` by what was learned."""
    probability: float | None
    """Of this decision."""
    version: str
    """Under which a person's decision stays."""
    as_of: datetime
    """What came after was not looked at."""
    why: str
    """For people who ask."""


class DecideAnswer(Answer):
    """Who is offered what."""

    decisions: list[DecisionOut]
    """Of each campaign, one for each person, in order."""
    open_to_all: dict[str, list[str]]
    """The offers of each campaign that everybody may have."""
    disclosure: dict[str, str]
    """What the shop tells people, in `en` and `zh`."""


def decide(shopper_ids: Sequence[str], campaign_id: str | None, opted_out: Collection[str]) -> Call[DecideAnswer]:
    """Ask who is offered what."""
    people = [{"shopper_id": who, "opted_out": who in opted_out} for who in shopper_ids]
    return _call(DecideAnswer, "decide", {"people": people, "campaign_id": campaign_id}, None)


def issue(
    campaign_id: str,
    offer_id: str,
    shopper_ids: Sequence[str] | None,
    count: int | None,
    decisions: Mapping[str, str | None] | None,
    key: str | None,
) -> Call[IssueAnswer]:
    """Ask for codes."""
    named = [{"shopper_id": who} for who in shopper_ids or ()]
    named += [{"shopper_id": who, "decision_id": made} for who, made in (decisions or {}).items() if made]
    people = named or None
    told = {"campaign_id": campaign_id, "offer_id": offer_id, "people": people, "count": count}
    return _call(IssueAnswer, "issue", told, key)


def validate(codes: Sequence[str], cart: Cart, shopper_id: str | None) -> Call[CouponAnswer]:
    """Ask what codes would do."""
    return _call(CouponAnswer, "validate", {"codes": list(codes), "cart": cart, "shopper_id": shopper_id}, None)


def reserve(
    order_id: str, codes: Sequence[str], cart: Cart, shopper_id: str | None, minutes: int, key: str | None
) -> Call[CouponAnswer]:
    """Ask to hold coupons."""
    told = {"order_id": order_id, "codes": list(codes), "cart": cart, "shopper_id": shopper_id, "minutes": minutes}
    return _call(CouponAnswer, "reserve", told, key)


def redeem(
    order_id: str, codes: Sequence[str] | None, cart: Cart | None, shopper_id: str | None, key: str | None
) -> Call[CouponAnswer]:
    """Ask to use coupons."""
    told = {"order_id": order_id, "codes": codes and list(codes), "cart": cart, "shopper_id": shopper_id}
    return _call(CouponAnswer, "redeem", told, key)


def release(order_id: str, key: str | None) -> Call[CouponAnswer]:
    """Ask to free coupons."""
    return _call(CouponAnswer, "release", {"order_id": order_id}, key)


def reverse(
    order_id: str, pieces: Mapping[str, int] | None, shipping: bool | None, key: str | None
) -> Call[ReverseAnswer]:
    """Ask to take goods back."""
    lines = None if pieces is None else [{"item_id": item_id, "quantity": n} for item_id, n in pieces.items()]
    return _call(ReverseAnswer, "reverse", {"order_id": order_id, "lines": lines, "shipping": shipping}, key)


def _call(answer: type[T], what: str, told: Mapping[str, object], key: str | None) -> Call[T]:
    """Return a call under a key, one of its own where none is given: all its tries are one."""
    body = json.dumps({name: value for name, value in told.items() if value is not None}).encode()
    headers = {"Idempotency-Key": key or uuid4().hex}
    return Call(answer, "POST", f"/v1/coupons/{what}", body=body, headers=headers)
