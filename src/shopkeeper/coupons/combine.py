"""Which coupons of several are used together: those that take off most, found by trying all that may be combined."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from shopkeeper.coupons.eligibility import WHOLE_BP, Off, taken_off
from shopkeeper.coupons.reasons import Reason
from shopkeeper.data.cart import Cart
from shopkeeper.data.coupon import Campaign, Offer, OfferKind
from shopkeeper.kit.money import Money

_ORDER: Sequence[OfferKind] = ("bundle", "buy_x_get_y", "percent", "amount", "free_shipping")
"""In which kinds are taken off, each from what the ones before have left: a part is one of more, before an amount."""


@dataclass(frozen=True, slots=True)
class Held:
    """A coupon in somebody's hand, under the terms it was issued with."""

    coupon_id: str
    terms: Campaign
    offer: Offer

    @property
    def key(self) -> tuple[int, str, str]:
        """Its place among others."""
        return _ORDER.index(self.offer.kind), self.terms.campaign_id, self.coupon_id


@dataclass(frozen=True, slots=True)
class Combination:
    """Coupons that are used together, in the order in which they are, and why others are not."""

    used: tuple[tuple[Held, Off], ...]
    refused: dict[str, Reason]
    """By coupon."""

    @property
    def minor(self) -> int:
        """All that is taken off."""
        return sum(sum(off) for _, off in self.used)


def best(held: Sequence[Held], cart: Cart) -> Combination:
    """Return the coupons that take off most; of equals the fewest, and then the first by their ids.

    All that may be combined are tried: with five coupons, 32 at most.
    """
    useful, alone, refused = list[Held](), dict[str, Off](), dict[str, Reason]()
    for one in sorted(held, key=lambda one: one.key):
        off = taken_off(one.terms, one.offer, cart)
        if isinstance(off, tuple):
            useful.append(one)
            alone[one.coupon_id] = off
        else:
            refused[one.coupon_id] = off
    tried = [_used(chosen, cart, alone) for chosen in _combinable(useful)]
    used = max(tried, key=_worth, default=())
    # Ids fall where worth must rise, so the last resort is a comparison of its own.
    equals = [other for other in tried if _worth(other) == _worth(used)]
    used = min(equals, key=lambda other: [one.coupon_id for one, _ in other], default=())
    in_use = {one.coupon_id for one, _ in used}
    rest: dict[str, Reason] = {one.coupon_id: "not_combinable" for one in useful if one.coupon_id not in in_use}
    return Combination(used, refused | rest)


def _worth(used: Sequence[tuple[Held, Off]]) -> tuple[int, int]:
    return sum(sum(off) for _, off in used), -len(used)


def _combinable(held: Sequence[Held]) -> Iterator[list[Held]]:
    """Give all that may be used together: one of each group, one of each campaign, and what has no group alone."""
    groups: dict[str, list[Held]] = {}
    for one in held:
        if one.terms.stack is None:
            yield [one]
        else:
            groups.setdefault(one.terms.stack, []).append(one)
    for choice in product(*([None, *group] for group in groups.values())):
        chosen = sorted((one for one in choice if one), key=lambda one: one.key)
        if len({one.terms.campaign_id for one in chosen}) == len(chosen):
            yield chosen


def _used(chosen: Sequence[Held], cart: Cart, alone: Mapping[str, Off]) -> tuple[tuple[Held, Off], ...]:
    used, before = list[tuple[Held, Off]](), (0,) * (len(cart.lines) + 1)
    for one in chosen:
        off = taken_off(one.terms, one.offer, cart, before) if used else alone[one.coupon_id]
        if isinstance(off, tuple):
            used.append((one, off))
            before = tuple(gone + more for gone, more in zip(before, off, strict=True))
    return tuple(used)


def told(offer: Offer, currency: str) -> str:
    """Return an offer in words."""
    part = f"{offer.percent_bp / (WHOLE_BP / 100):g} % off"
    match offer.kind:
        case "percent":
            return part
        case "amount":
            return f"{Money(offer.amount_minor, currency)} off"
        case "free_shipping":
            return "free shipping"
        case "buy_x_get_y":
            return f"buy {offer.buy}, get {offer.get} {'free' if offer.percent_bp == WHOLE_BP else part}"
        case "bundle":
            return f"{' and '.join(offer.bundle)} for {Money(offer.amount_minor, currency)}"
