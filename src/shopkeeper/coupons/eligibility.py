"""What one coupon takes off a cart, given what others have taken off before: whole minor units, the same each time."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopkeeper.coupons.reasons import Reason
from shopkeeper.data.cart import Cart, CartLine
from shopkeeper.data.coupon import Campaign, Offer
from shopkeeper.kit.shares import share_out

WHOLE_BP = 10_000
Off = tuple[int, ...]
"""What is taken off each line of a cart, and last off the shipping."""


@dataclass(frozen=True, slots=True)
class _Open:
    """Lines that a coupon may lower."""

    cart: Cart
    places: list[int]
    left: Sequence[int]
    """What each line costs now."""
    rooms: list[int]
    """By how much each line may still fall; of lines that are not meant, 0."""

    def off(self, wanted: Sequence[int], most: int | None) -> Off:
        """Return what is wanted of each line, as far as there is room and not more than `most` together."""
        could = [min(want, room) for want, room in zip(wanted, self.rooms, strict=True)]
        if most is not None:
            could = share_out(most, could, could)
        return (*could, 0)

    def unit(self, place: int) -> int:
        """Return what a piece of a line costs now."""
        return self.left[place] // self.cart.lines[place].quantity


def taken_off(campaign: Campaign, offer: Offer, cart: Cart, before: Off | None = None) -> Off | Reason:
    """Return what an offer takes off, more than nothing, after others took off `before`; else why it does nothing.

    Never more than there is, never so much that less than the floor margin remains, and never off a line that costs
    more than its public price. The least that the goods must cost is compared with their prices before any coupon.
    """
    before = before or (0,) * (len(cart.lines) + 1)
    if cart.currency != campaign.currency:
        return "wrong_currency"
    meant = [place for place, line in enumerate(cart.lines) if campaign.reach.has(line.item_id, line.categories)]
    if not meant:
        return "not_in_reach"
    if sum(cart.lines[place].minor for place in meant) < offer.least_minor:
        return "below_least"
    if offer.kind == "free_shipping":
        return _shipping(offer, cart, before)
    opened = _opened(campaign, cart, meant, before)
    off = _OFFERS[offer.kind](offer, opened) if isinstance(opened, _Open) else opened
    return _nothing(campaign) if isinstance(off, tuple) and not any(off) else off


def _shipping(offer: Offer, cart: Cart, before: Off) -> Off | Reason:
    off = cart.shipping_minor - before[-1]
    off = off if offer.most_minor is None else min(off, offer.most_minor)
    return (*(0 for _ in cart.lines), off) if off > 0 else "no_shipping"


def _nothing(campaign: Campaign) -> Reason:
    return "takes_nothing" if campaign.floor_margin_bp is None else "floor_margin"


def _opened(campaign: Campaign, cart: Cart, meant: list[int], before: Off) -> _Open | Reason:
    """Return what may be lowered; where that is nothing, why, the last line's reason."""
    why: Reason = "not_in_reach"
    places, rooms = list[int](), [0] * len(cart.lines)
    left = [line.minor - gone for line, gone in zip(cart.lines, before, strict=False)]
    for place in meant:
        line = cart.lines[place]
        if line.public_minor is not None and line.unit_minor > line.public_minor:
            why = "price_above_public"
        elif campaign.floor_margin_bp is not None and line.cost_minor is None:
            why = "cost_unknown"
        elif (room := left[place] - _least(line, campaign.floor_margin_bp)) <= 0:
            why = _nothing(campaign)
        else:
            places.append(place)
            rooms[place] = room
    return _Open(cart, places, left, rooms) if places else why


def _least(line: CartLine, floor_bp: int | None) -> int:
    """Return the least that a line may cost: so much that the margin is a part `floor_bp` of it, rounded up."""
    if floor_bp is None or line.cost_minor is None:
        return 0
    return -(-line.quantity * line.cost_minor * WHOLE_BP // (WHOLE_BP - floor_bp))


def _percent(offer: Offer, opened: _Open) -> Off:
    """Return a part of what the lines cost together, half a unit rounded up, spread over them in proportion."""
    costs = [left if room else 0 for left, room in zip(opened.left, opened.rooms, strict=True)]
    total = (sum(costs) * offer.percent_bp + WHOLE_BP // 2) // WHOLE_BP
    return opened.off(share_out(total, costs, costs), offer.most_minor)


def _amount(offer: Offer, opened: _Open) -> Off:
    """Return an amount, or all there is room for, spread over the lines in proportion to what they cost."""
    most = offer.amount_minor if offer.most_minor is None else min(offer.amount_minor, offer.most_minor)
    costs = [left if room else 0 for left, room in zip(opened.left, opened.rooms, strict=True)]
    return (*share_out(most, costs, opened.rooms), 0)


def _buy_x_get_y(offer: Offer, opened: _Open) -> Off | Reason:
    """Let the cheapest `get` of each `buy + get` pieces cost less."""
    pieces = sum(opened.cart.lines[place].quantity for place in opened.places)
    lower = pieces // (offer.buy + offer.get) * offer.get
    if not lower:
        return "too_few_pieces"
    wanted = [0] * len(opened.rooms)
    for place in sorted(opened.places, key=lambda place: (opened.unit(place), place)):
        n = min(lower, opened.cart.lines[place].quantity)
        wanted[place] = (n * opened.unit(place) * offer.percent_bp + WHOLE_BP // 2) // WHOLE_BP
        lower -= n
    return opened.off(wanted, offer.most_minor)


def _bundle(offer: Offer, opened: _Open) -> Off | Reason:
    """Let one of each cost a price together, as often as all are there."""
    places = {opened.cart.lines[place].item_id: place for place in opened.places}
    if not all(item in places for item in offer.bundle):
        return "bundle_incomplete"
    parts = [places[item] for item in offer.bundle]
    often = min(opened.cart.lines[place].quantity for place in parts)
    costs = [often * opened.unit(place) if place in parts else 0 for place in range(len(opened.rooms))]
    saved = sum(costs) - often * offer.amount_minor
    if saved <= 0:
        return "bundle_incomplete"
    return opened.off(share_out(saved, costs, costs), offer.most_minor)


_OFFERS = {"percent": _percent, "amount": _amount, "buy_x_get_y": _buy_x_get_y, "bundle": _bundle}
