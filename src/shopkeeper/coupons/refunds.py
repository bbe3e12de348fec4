"""What a customer gets back for goods that were bought with coupons: in proportion, and to the cent in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shopkeeper.coupons.book import Book
from shopkeeper.coupons.reasons import Refusal
from shopkeeper.data.coupon import CouponOrder, Taken
from shopkeeper.kit.shares import share_out


@dataclass(frozen=True, slots=True)
class Back:
    """Pieces of one line that come back; of the shipping, `item_id` is None."""

    item_id: str | None
    quantity: int
    price_minor: int
    """What they cost before any coupon."""
    off_minor: int
    """What coupons had taken off them."""

    @property
    def refund_minor(self) -> int:
        """What the customer had paid for them."""
        return self.price_minor - self.off_minor


@dataclass(frozen=True, slots=True)
class Refund:
    """What comes back of an order, or why nothing does."""

    backs: tuple[Back, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    order: CouponOrder | None = None


def reverse(book: Book, order_id: str, pieces: Mapping[str, int] | None, *, shipping: bool, now: datetime) -> Refund:
    """Take goods of an order back: some pieces, or all that are left; `shipping`: what was paid for it too.

    Of Q pieces of a line with d off, the first r give floor(d r / Q) back to the budgets, so parts add up to the whole
    however it is split. Each coupon gets its part of what it has not got back yet. A coupon is reversed with the last
    piece and not good again; its use goes on counting for the caps, so nobody gets another by sending goods back.
    """
    order = book.orders.get(order_id)
    if order is None:
        return Refund(refusals=(Refusal("order_unknown"),))
    if order.state in ("reserved", "released"):
        return Refund(refusals=(Refusal("nothing_left", about="nothing was redeemed"),))
    wanted = _wanted(order, pieces, shipping)
    if isinstance(wanted, Refusal):
        return Refund(refusals=(wanted,))
    backs, order, given = _back(order, wanted)
    book.keep(order)
    goods = sum(back.price_minor for back in backs if back.item_id is not None)
    costs = [line.cost_minor for line in order.cart.lines]
    known = None not in costs
    cost = sum(n * (one or 0) for n, one in zip(wanted, costs, strict=False)) if known else None
    for coupon_id, minor in given.items():
        book.reverse(coupon_id, now, order, minor, goods, cost)
    return Refund(backs, order=order)


def _wanted(order: CouponOrder, pieces: Mapping[str, int] | None, shipping: bool) -> list[int] | Refusal:
    """Return the pieces of each line that come back now, and last whether the shipping is paid back."""
    lines, done = order.cart.lines, order.returned or (0,) * (len(order.cart.lines) + 1)
    left = [line.quantity - gone for line, gone in zip(lines, done, strict=False)]
    pay = int(shipping and order.cart.shipping_minor > 0 and not done[-1])
    if pieces is None:
        return [*left, pay] if any(left) or pay else Refusal("nothing_left")
    places = {line.item_id: place for place, line in enumerate(lines)}
    wanted = [0] * len(lines)
    for place, (item_id, quantity) in enumerate(pieces.items()):
        if item_id not in places:
            return Refusal("not_bought", place, item_id)
        if quantity > left[places[item_id]]:
            return Refusal("more_than_bought", place, f"{item_id}: {left[places[item_id]]} left")
        wanted[places[item_id]] = quantity
    return [*wanted, pay] if any(wanted) or pay else Refusal("nothing_left")


def _back(order: CouponOrder, wanted: list[int]) -> tuple[tuple[Back, ...], CouponOrder, dict[str, int]]:
    """Return what comes back, the order after that, and what each coupon gives back to its budget."""
    lines, done = order.cart.lines, list(order.returned or (0,) * len(wanted))
    given = {one.coupon_id: list(one.returned or (0,) * len(wanted)) for one in order.taken}
    backs, total = list[Back](), dict.fromkeys(given, 0)
    for place, n in enumerate(wanted):
        if not n:
            continue
        of_goods = place < len(lines)
        all_pieces = lines[place].quantity if of_goods else 1
        price = n * (lines[place].unit_minor if of_goods else order.cart.shipping_minor)
        off = sum(one.by_line[place] for one in order.taken)
        part = off * (done[place] + n) // all_pieces - off * done[place] // all_pieces
        rooms = [one.by_line[place] - given[one.coupon_id][place] for one in order.taken]
        for one, share in zip(order.taken, share_out(part, rooms, rooms), strict=True):
            given[one.coupon_id][place] += share
            total[one.coupon_id] += share
        done[place] += n
        backs.append(Back(lines[place].item_id if of_goods else None, n, price, part))
    taken = tuple(
        Taken(coupon_id=one.coupon_id, by_line=one.by_line, returned=tuple(given[one.coupon_id])) for one in order.taken
    )
    is_whole = all(gone == line.quantity for gone, line in zip(done, lines, strict=False))
    state = "reversed" if is_whole else order.state
    return tuple(backs), replace(order, state=state, taken=taken, returned=tuple(done)), total
