"""Coupons: what a campaign offers, to whom and for how long; and the life of a code."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shopkeeper.data.cart import Cart
from shopkeeper.data.catalog import LEVELS

OfferKind = Literal["percent", "amount", "free_shipping", "buy_x_get_y", "bundle"]
Step = Literal["offered", "issued", "reserved", "redeemed", "released", "expired", "reversed"]
"""What can happen to a coupon; the last is its state. One that was released can be used again, as one just issued."""
USABLE: frozenset[Step] = frozenset({"issued", "released"})
SETTLED: frozenset[Step] = frozenset({"reserved", "redeemed", "expired", "reversed"})
"""Of a coupon in these states, nothing is to come that the budget does not tell of."""
Arm = Literal["explore", "never", "policy"]
"""How it was decided what a person is offered: by chance, always nothing, or by what was learned."""
OrderState = Literal["reserved", "redeemed", "released", "reversed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a coupon takes off a cart."""

    offer_id: str
    kind: OfferKind
    percent_bp: int = 0
    """Hundredths of a percent: off the goods of `percent`, off the pieces that one gets of `buy_x_get_y`."""
    amount_minor: int = 0
    """Off the goods of `amount`; of `bundle` what one of each costs together."""
    buy: int = 0
    """Of `buy_x_get_y`: so many at the full price..."""
    get: int = 0
    """...and so many, the cheapest, at the lower one."""
    bundle: tuple[str, ...] = ()
    """Products, one of each."""
    least_minor: int = 0
    """The goods in its scope cost so much at least, before any coupon."""
    most_minor: int | None = None
    """It takes off so much at most."""
    public: bool = False
    """Open to everybody: nobody decides who gets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What and whom a campaign is for; where it names none of a kind, for all."""

    items: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    """Paths from the root; what lies below one is in it."""
    segments: frozenset[str] = frozenset()
    """Who is in one of them when a coupon is issued; of coupons for anybody, when it is used."""

    def has(self, item_id: str, categories: tuple[str, ...]) -> bool:
        """Tell whether a product is meant: one that is named, or in a category that is."""
        if not (self.items or self.categories):
            return True
        return item_id in self.items or any(
            path == root or path.startswith(root + LEVELS) for path in categories for root in self.categories
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One version of what a merchant gives away.

    A coupon keeps the offer, reach, window, stacking and floor of the version that it was issued under; budget, caps
    and `paused` are those of the newest.
    """

    campaign_id: str
    currency: str
    offers: tuple[Offer, ...]
    starts_at: datetime
    ends_at: datetime
    budget_minor: int
    """All that its coupons may take off together."""
    version: int = 1
    title: str = ""
    reach: Reach = field(default_factory=Reach)
    per_person: int | None = None
    """Orders of one person; None: any number."""
    in_total: int | None = None
    """Orders of all people."""
    stack: str | None = None
    """Coupons of different groups add up, those of one exclude each other; None: it is alone in an order."""
    floor_margin_bp: int | None = None
    """Hundredths of a percent of the price that remain over what a product costs the shop."""
    valid_days: float | None = None
    """Days that a coupon is good for; None: until the campaign ends."""
    paused: bool = False
    """Nothing new is issued, reserved or redeemed; what is reserved can be redeemed."""
    margin_bp: int | None = None
    """Hundredths of a percent of a price that are margin, of goods that nobody knows the cost of."""
    most_each_minor: int | None = None
    """What its offers may be expected to take off for one person, where the price decides; None: any amount."""
    least_return_bp: int = 0
    """Hundredths of a percent of what its coupons take off that they must gain, over all."""

    def offer(self, offer_id: str) -> Offer | None:
        """Return one of its offers."""
        return next((offer for offer in self.offers if offer.offer_id == offer_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """One code, good for one order; the code itself is kept nowhere."""

    coupon_id: str
    digest: bytes = field(repr=False)
    """HMAC of the code."""
    campaign_id: str
    version: int
    """Of the campaign, whose terms it keeps."""
    offer_id: str
    shopper_id: str | None
    """Who alone may use it; None: whoever has the code."""
    state: Step
    at: datetime
    """Of the last step."""
    expires_at: datetime
    order_id: str | None = None
    """Where it is reserved or used."""
    decision_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger: a step of a coupon, and what it does to the budget of its campaign."""

    coupon_id: str
    campaign_id: str
    version: int
    offer_id: str
    step: Step
    at: datetime
    order_id: str | None = None
    reserved_minor: int = 0
    """By how much more is held."""
    spent_minor: int = 0
    """By how much more is spent."""
    goods_minor: int = 0
    """Goods that were bought with it, before any coupon; less than 0: that came back."""
    cost_minor: int | None = 0
    """What they cost the shop; None: not known."""
    number: int = 0
    """Its place in the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one coupon takes off an order, and how much of that was given back."""

    coupon_id: str
    by_line: tuple[int, ...]
    """In the order of the cart's lines, and last the shipping."""
    returned: tuple[int, ...] = ()

    @property
    def minor(self) -> int:
        """All of it."""
        return sum(self.by_line)


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponOrder:
    """An order that coupons are reserved for or were used in."""

    order_id: str
    state: OrderState
    cart: Cart
    shopper_id: str | None
    taken: tuple[Taken, ...]
    reserved_until: datetime | None = None
    returned: tuple[int, ...] = ()
    """Pieces of each line that came back, and last whether the shipping was paid back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who was to be offered what, and how probable that was: what offers can be judged by later."""

    decision_id: str
    campaign_id: str
    shopper_id: str
    offer_id: str | None
    """None: nothing."""
    arm: Arm
    probability: float
    at: datetime
    """What had happened by then was known, and nothing after it."""
    allowed: tuple[str, ...] = ()
    """Which offers this person could have got."""
    version: str = ""
    """Of the campaign and of what was learned: under each, everybody is decided about once."""
    expected_minor: float = 0.0
    """What the offer was expected to take off."""


@dataclass(slots=True, kw_only=True)
class Budget:
    """What is left of a campaign's budget and caps."""

    campaign_id: str
    version: int
    """The newest of the campaign."""
    budget_minor: int
    reserved_minor: int = 0
    spent_minor: int = 0
    issued: int = 0
    """Coupons."""
    reserved: int = 0
    """Orders, now."""
    redeemed: int = 0
    """Orders, those that came back included."""

    @property
    def left_minor(self) -> int:
        """What can still be taken off."""
        return self.budget_minor - self.reserved_minor - self.spent_minor


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that is given again to the same question under the same key."""

    question: str
    """Hash of it."""
    answer: str
    seed: bytes = b""
    """From which its codes are drawn again."""
