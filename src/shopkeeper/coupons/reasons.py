"""Why a coupon does nothing: a word for programs, and a sentence for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Reason = Literal[
    "unknown_code",
    "unknown_campaign",
    "unknown_offer",
    "unknown_decision",
    "decision_used",
    "not_started",
    "ended",
    "paused",
    "expired",
    "already_redeemed",
    "reserved_elsewhere",
    "reversed",
    "other_person",
    "person_needed",
    "person_barred",
    "not_in_segment",
    "person_cap",
    "total_cap",
    "budget_spent",
    "wrong_currency",
    "not_in_reach",
    "price_above_public",
    "cost_unknown",
    "floor_margin",
    "takes_nothing",
    "below_least",
    "too_few_pieces",
    "bundle_incomplete",
    "no_shipping",
    "not_combinable",
    "order_reserved",
    "order_redeemed",
    "order_unknown",
    "reservation_ended",
    "nothing_reserved",
    "not_bought",
    "more_than_bought",
    "nothing_left",
]

SENTENCES: Mapping[Reason, str] = {
    "unknown_code": "There is no such code in this shop.",
    "unknown_campaign": "There is no such campaign.",
    "unknown_offer": "The campaign has no such offer.",
    "unknown_decision": "There is no such decision for this person, campaign and offer.",
    "decision_used": "A coupon was issued for this decision already.",
    "not_started": "The campaign has not started yet.",
    "ended": "The campaign has ended.",
    "paused": "The campaign is paused.",
    "expired": "The coupon has expired.",
    "already_redeemed": "The coupon was used already.",
    "reserved_elsewhere": "The coupon is reserved for another order.",
    "reversed": "The coupon was used in an order that came back; it is not good again.",
    "other_person": "The coupon was issued to somebody else.",
    "person_needed": "The coupon is for certain people: say whose order it is.",
    "person_barred": "This person is offered no coupons.",
    "not_in_segment": "The coupon is for people in certain segments, and this one is in none of them.",
    "person_cap": "This person has used as many coupons of the campaign as one may.",
    "total_cap": "As many coupons of the campaign were used as may be.",
    "budget_spent": "What is left of the campaign's budget is less than the coupon would take off.",
    "wrong_currency": "The coupon is in another currency than the cart.",
    "not_in_reach": "Nothing in the cart is what the coupon is for.",
    "price_above_public": "The cart asks more for this than the shop's public price; a coupon only lowers that one.",
    "cost_unknown": "The campaign keeps a margin, and what these goods cost the shop is not known.",
    "floor_margin": "Nothing can be taken off that leaves the margin which the campaign keeps.",
    "takes_nothing": "There is no price that it could lower by a whole unit.",
    "below_least": "The goods that the coupon is for cost less than it asks for.",
    "too_few_pieces": "There are fewer pieces in the cart than the coupon asks for.",
    "bundle_incomplete": "The cart lacks a part of the bundle, or its parts cost no more than the bundle does.",
    "no_shipping": "Sending costs nothing, so nothing can be taken off.",
    "not_combinable": "It cannot be combined with the other coupons, which together take off more.",
    "order_reserved": "Coupons are reserved for this order: redeem it without codes, or release it first.",
    "order_redeemed": "Coupons were used in this order already.",
    "order_unknown": "No coupons were reserved for this order or used in it.",
    "reservation_ended": "What was reserved for this order was released: send the codes and the cart again.",
    "nothing_reserved": "Nothing is reserved for this order.",
    "not_bought": "There is no such product in the order.",
    "more_than_bought": "More is to come back than was bought and has not come back yet.",
    "nothing_left": "All of this order has come back already.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not done, and of which coupon, by its place among those asked for."""

    reason: Reason
    place: int | None = None
    about: str = ""
    """What in particular."""

    @property
    def detail(self) -> str:
        """The sentence."""
        return f"{SENTENCES[self.reason]}{f' ({self.about})' if self.about else ''}"
