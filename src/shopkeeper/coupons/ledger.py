"""What may become of coupons: each step is checked first, and done whole or not at all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shopkeeper.coupons.book import Book
from shopkeeper.coupons.combine import Held, best
from shopkeeper.coupons.eligibility import Off
from shopkeeper.coupons.reasons import Reason, Refusal
from shopkeeper.data.cart import Cart
from shopkeeper.data.coupon import USABLE, Campaign, Coupon, CouponOrder, Taken
from shopkeeper.kit.errors import InvalidInput, ShopkeeperError


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """Codes and a cart."""

    digests: tuple[bytes, ...]
    """Of the codes."""
    cart: Cart
    now: datetime
    order_id: str = ""
    shopper_id: str | None = None
    segments: frozenset[str] | None = None
    """Those that the person is in; None: nobody has looked."""


class SegmentsNeeded(ShopkeeperError):
    """Somebody must look first in which segments the person is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What coupons take off an order, or why they do not."""

    used: tuple[tuple[Held, Off], ...] = ()
    refusals: tuple[Refusal, ...] = ()
    order: CouponOrder | None = None


def quote(book: Book, asked: Checkout) -> Outcome:
    """Return what is best for the customer, and why the other codes do nothing; nothing is changed. SegmentsNeeded."""
    held, places, refusals = dict[str, Held](), dict[str, int](), list[Refusal]()
    for place, digest in enumerate(asked.digests):
        coupon = book.find(digest)
        if coupon is None:
            refusals.append(Refusal("unknown_code", place))
        elif coupon.coupon_id in places:
            refusals.append(Refusal("not_combinable", place, "it is the same code"))
        elif why := _unusable(book, coupon, asked):
            refusals.append(Refusal(why, place))
        else:
            held[coupon.coupon_id], places[coupon.coupon_id] = _held(book, coupon), place
    while True:
        found = best(list(held.values()), asked.cart)
        over = [one for one, off in found.used if sum(off) > book.budgets[one.terms.campaign_id].left_minor]
        for one in over:
            refusals.append(Refusal("budget_spent", places[one.coupon_id]))
            del held[one.coupon_id]
        if not over:
            break
    refusals += [Refusal(why, places[coupon_id]) for coupon_id, why in found.refused.items()]
    return Outcome(found.used, tuple(sorted(refusals, key=lambda one: one.place or 0)))


def _unusable(book: Book, coupon: Coupon, asked: Checkout) -> Reason | None:
    if coupon.state not in USABLE:
        of_state: dict[str, Reason] = {"redeemed": "already_redeemed", "reserved": "reserved_elsewhere"}
        return of_state.get(coupon.state, "reversed" if coupon.state == "reversed" else "expired")
    terms, newest = book.terms[coupon.campaign_id, coupon.version], book.newest(coupon.campaign_id)
    if asked.now >= coupon.expires_at:
        return "expired"
    if asked.now < terms.starts_at:
        return "not_started"
    if newest is None or newest.paused:
        return "paused"
    return _not_for(book, coupon, terms, newest, asked)


def _not_for(book: Book, coupon: Coupon, terms: Campaign, newest: Campaign, asked: Checkout) -> Reason | None:
    who, budget = asked.shopper_id, book.budgets[coupon.campaign_id]
    if who is None and (coupon.shopper_id or terms.reach.segments or newest.per_person):
        return "person_needed"
    if coupon.shopper_id and coupon.shopper_id != who:
        return "other_person"
    if terms.reach.segments and not coupon.shopper_id:
        if asked.segments is None:
            raise SegmentsNeeded
        if not terms.reach.segments & asked.segments:
            return "not_in_segment"
    if newest.in_total is not None and budget.reserved + budget.redeemed >= newest.in_total:
        return "total_cap"
    if newest.per_person is not None and book.used_by(coupon.campaign_id, who or "") >= newest.per_person:
        return "person_cap"
    return None


def _held(book: Book, coupon: Coupon) -> Held:
    terms = book.terms[coupon.campaign_id, coupon.version]
    offer = terms.offer(coupon.offer_id)
    if offer is None:
        raise LookupError(f"{coupon.campaign_id} {coupon.version} has no offer {coupon.offer_id}")
    return Held(coupon.coupon_id, terms, offer)


def reserve(book: Book, asked: Checkout, lasts: timedelta) -> Outcome:
    """Hold coupons and their money for an order: all of them, or none and why."""
    return _take(book, asked, asked.now + lasts)


def redeem(book: Book, asked: Checkout) -> Outcome:
    """Use coupons in an order at once: all of them, or none and why."""
    return _take(book, asked, None)


def _take(book: Book, asked: Checkout, until: datetime | None) -> Outcome:
    sweep(book, asked.now)
    if why := _in_the_way(book.orders.get(asked.order_id)):
        return Outcome(refusals=(Refusal(why),))
    quoted = quote(book, asked)
    if quoted.refusals:
        return Outcome(refusals=quoted.refusals)
    order = CouponOrder(
        order_id=asked.order_id,
        state="reserved" if until else "redeemed",
        cart=asked.cart,
        shopper_id=asked.shopper_id,
        taken=tuple(Taken(coupon_id=one.coupon_id, by_line=off) for one, off in quoted.used),
        reserved_until=until,
    )
    book.keep(order)
    for taken in order.taken:
        if until:
            book.move(taken.coupon_id, "reserved", asked.now, order=order, reserved_minor=taken.minor)
        else:
            book.move(taken.coupon_id, "redeemed", asked.now, order=order, spent_minor=taken.minor)
    return Outcome(quoted.used, order=order)


def _in_the_way(order: CouponOrder | None) -> Reason | None:
    if order is None or order.state == "released":
        return None
    return "order_reserved" if order.state == "reserved" else "order_redeemed"


def complete(book: Book, order_id: str, now: datetime) -> Outcome:
    """Use what is reserved for an order."""
    order, why = _reserved(book, order_id, now)
    if order is None:
        return Outcome(refusals=(Refusal(why),))
    order = replace(order, state="redeemed", reserved_until=None)
    book.keep(order)
    for taken in order.taken:
        book.move(taken.coupon_id, "redeemed", now, order=order, reserved_minor=-taken.minor, spent_minor=taken.minor)
    return Outcome(used_in(book, order), order=order)


def release(book: Book, order_id: str, now: datetime) -> Outcome:
    """Give back what is reserved for an order; its coupons can be used again."""
    order, why = _reserved(book, order_id, now)
    if order is None:
        return Outcome(refusals=(Refusal(why),))
    return Outcome(used_in(book, order), order=_released(book, order, now))


def _reserved(book: Book, order_id: str, now: datetime) -> tuple[CouponOrder | None, Reason]:
    sweep(book, now)
    order = book.orders.get(order_id)
    if order is None:
        return None, "order_unknown"
    of_state: dict[str, Reason] = {"released": "reservation_ended"}
    return (
        (order, "nothing_reserved")
        if order.state == "reserved"
        else (
            None,
            of_state.get(order.state, "order_redeemed"),
        )
    )


def _released(book: Book, order: CouponOrder, now: datetime) -> CouponOrder:
    order = replace(order, state="released", reserved_until=None)
    book.keep(order)
    for taken in order.taken:
        book.move(taken.coupon_id, "released", now, order=order, reserved_minor=-taken.minor)
    return order


def used_in(book: Book, order: CouponOrder) -> tuple[tuple[Held, Off], ...]:
    """Return what coupons take off an order that is written down."""
    return tuple((_held(book, book.coupons[taken.coupon_id]), taken.by_line) for taken in order.taken)


def sweep(book: Book, now: datetime) -> int:
    """Give back what was reserved until a time that has passed; return of how many orders."""
    ended = [one for one in book.orders.values() if one.reserved_until and one.reserved_until <= now]
    for order in ended:
        _released(book, order, now)
    return len(ended)


def expire(book: Book, now: datetime) -> int:
    """Note which coupons are good no longer; return how many."""
    ended = [one for one in book.coupons.values() if one.state in USABLE and one.expires_at <= now]
    for coupon in ended:
        book.move(coupon.coupon_id, "expired", now)
    return len(ended)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A coupon to issue."""

    coupon_id: str
    digest: bytes
    shopper_id: str | None = None
    decision_id: str | None = None


def issue(
    book: Book,
    campaign: Campaign,
    offer_id: str,
    wanted: Sequence[Wanted],
    meant: Collection[str],
    now: datetime,
    barred: Collection[str] = (),
) -> tuple[list[Coupon], list[Refusal]]:
    """Issue coupons for those who may have one: `meant` are in the segments of the campaign, `barred` get none."""
    if why := _not_issued(campaign, offer_id, now):
        return [], [Refusal(why)]
    coupons, refusals = list[Coupon](), list[Refusal]()
    lasts = timedelta(days=campaign.valid_days) if campaign.valid_days is not None else None
    spent = {coupon.decision_id for coupon in book.coupons.values()}
    for place, one in enumerate(wanted):
        decision = book.decisions.get(one.decision_id) if one.decision_id else None
        told = (campaign.campaign_id, offer_id, one.shopper_id)
        if one.shopper_id in barred:
            refusals.append(Refusal("person_barred", place))
        elif one.decision_id and (
            decision is None or (decision.campaign_id, decision.offer_id, decision.shopper_id) != told
        ):
            refusals.append(Refusal("unknown_decision", place))
        elif one.decision_id in spent and one.decision_id:
            refusals.append(Refusal("decision_used", place))
        elif campaign.reach.segments and one.shopper_id and one.shopper_id not in meant:
            refusals.append(Refusal("not_in_segment", place))
        else:
            coupon = Coupon(
                coupon_id=one.coupon_id,
                digest=one.digest,
                campaign_id=campaign.campaign_id,
                version=campaign.version,
                offer_id=offer_id,
                shopper_id=one.shopper_id,
                state="issued",
                at=now,
                expires_at=min(campaign.ends_at, now + lasts) if lasts else campaign.ends_at,
                decision_id=one.decision_id,
            )
            spent.add(one.decision_id)
            book.issue(coupon, decision)
            coupons.append(coupon)
    return coupons, refusals


def _not_issued(campaign: Campaign, offer_id: str, now: datetime) -> Reason | None:
    if campaign.offer(offer_id) is None:
        return "unknown_offer"
    if campaign.paused:
        return "paused"
    return "ended" if now >= campaign.ends_at else None


def edit(book: Book, campaign: Campaign) -> Campaign:
    """Make a campaign, or its next version; what is reserved and spent must fit into its budget. InvalidInput."""
    budget, before = book.budgets.get(campaign.campaign_id), book.newest(campaign.campaign_id)
    if budget and before:
        taken = budget.reserved_minor + budget.spent_minor
        if campaign.budget_minor < taken:
            raise InvalidInput(f"budget_minor is {campaign.budget_minor}, and {taken} of it is spent or reserved.")
        if campaign.currency != before.currency:
            raise InvalidInput(
                f"currency is {campaign.currency}, and that of the campaign {before.currency}: make another campaign."
            )
        campaign = replace(campaign, version=budget.version + 1)
    book.put(campaign)
    return campaign
