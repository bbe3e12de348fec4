"""What a transaction of the ledger reads and changes: the store fills it, the rules change it, the store writes it."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from shopkeeper.data.coupon import USABLE, Budget, Campaign, Coupon, CouponOrder, Decision, Entry, Kept, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What a transaction is about, and so what its book must hold."""

    keys: tuple[str, ...] = ()
    digests: tuple[bytes, ...] = ()
    order_ids: tuple[str, ...] = ()
    campaign_ids: tuple[str, ...] = ()
    shopper_ids: tuple[str, ...] = ()
    decision_ids: tuple[str, ...] = ()
    now: datetime | None = None
    """Reservations that have ended by then are in it too."""
    expiring: int = 0
    """And so many of the coupons that have expired."""

    def __add__(self, other: "Touched") -> "Touched":
        times = [at for at in (self.now, other.now) if at]
        return Touched(
            keys=self.keys + other.keys,
            digests=self.digests + other.digests,
            order_ids=self.order_ids + other.order_ids,
            campaign_ids=self.campaign_ids + other.campaign_ids,
            shopper_ids=self.shopper_ids + other.shopper_ids,
            decision_ids=self.decision_ids + other.decision_ids,
            now=max(times, default=None),
            expiring=max(self.expiring, other.expiring),
        )


@dataclass(slots=True, kw_only=True)
class Book:
    """A part of the ledger. Budgets and coupons change by `move` and `reverse` alone, each with its entry."""

    terms: dict[tuple[str, int], Campaign] = field(default_factory=dict)
    """Campaigns by id and version: the newest, and those that the coupons keep."""
    budgets: dict[str, Budget] = field(default_factory=dict)
    coupons: dict[str, Coupon] = field(default_factory=dict)
    codes: dict[bytes, str] = field(default_factory=dict)
    """Coupons by the digest of their code."""
    orders: dict[str, CouponOrder] = field(default_factory=dict)
    uses: dict[tuple[str, str], int] = field(default_factory=dict)
    """Orders by campaign and person, reserved or redeemed."""
    decisions: dict[str, Decision] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    """New ones."""
    new_coupons: set[str] = field(default_factory=set)
    changed_coupons: set[str] = field(default_factory=set)
    changed_budgets: set[str] = field(default_factory=set)
    changed_orders: set[str] = field(default_factory=set)
    changed_uses: set[tuple[str, str]] = field(default_factory=set)
    new_terms: set[tuple[str, int]] = field(default_factory=set)
    new_kept: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    """Campaigns."""

    def newest(self, campaign_id: str) -> Campaign | None:
        """Return a campaign as it is now."""
        budget = self.budgets.get(campaign_id)
        return self.terms[campaign_id, budget.version] if budget else None

    def find(self, digest: bytes) -> Coupon | None:
        """Return the coupon of a code."""
        coupon_id = self.codes.get(digest)
        return self.coupons[coupon_id] if coupon_id else None

    def put(self, campaign: Campaign) -> None:
        """Make a campaign, or its next version, the newest."""
        budget = self.budgets.get(campaign.campaign_id)
        if budget is None:
            budget = self.budgets[campaign.campaign_id] = Budget(
                campaign_id=campaign.campaign_id, version=0, budget_minor=0
            )
        budget.version, budget.budget_minor = campaign.version, campaign.budget_minor
        self.terms[campaign.campaign_id, campaign.version] = campaign
        self.new_terms.add((campaign.campaign_id, campaign.version))
        self.changed_budgets.add(campaign.campaign_id)

    def remove(self, campaign_id: str) -> None:
        """Remove a campaign that nothing was issued of."""
        del self.budgets[campaign_id]
        self.removed.add(campaign_id)

    def issue(self, coupon: Coupon, decision: Decision | None) -> None:
        """Take a new coupon in; what was decided before is the first line of its life."""
        self.coupons[coupon.coupon_id] = coupon
        self.new_coupons.add(coupon.coupon_id)
        self.budgets[coupon.campaign_id].issued += 1
        self.changed_budgets.add(coupon.campaign_id)
        if decision:
            self._enter(coupon, "offered", min(decision.at, coupon.at))
        self._enter(coupon, "issued", coupon.at)

    def move(
        self,
        coupon_id: str,
        step: Step,
        at: datetime,
        *,
        order: CouponOrder | None = None,
        reserved_minor: int = 0,
        spent_minor: int = 0,
    ) -> None:
        """Let a coupon take a step, in which so much more is held or spent.

        Time in the life of a coupon does not run backwards, whatever the clock does.
        """
        coupon = self.coupons[coupon_id]
        budget = self.budgets[coupon.campaign_id]
        goods, cost = (order.cart.goods_minor, order.cart.cost_minor) if order and step == "redeemed" else (0, 0)
        self._use(coupon, step, order)
        budget.reserved += (step == "reserved") - (coupon.state == "reserved")
        budget.redeemed += step == "redeemed"
        order_id = order.order_id if order else coupon.order_id
        coupon = replace(coupon, state=step, at=max(at, coupon.at), order_id=None if step in USABLE else order_id)
        self.coupons[coupon_id] = coupon
        self.changed_coupons.add(coupon_id)
        self._enter(coupon, step, coupon.at, order_id, reserved_minor, spent_minor, goods, cost)

    def reverse(
        self,
        coupon_id: str,
        at: datetime,
        order: CouponOrder,
        back_minor: int,
        goods_minor: int,
        cost_minor: int | None,
    ) -> None:
        """Give back to the budget what a coupon took off goods that came back; it is reversed when nothing is left."""
        coupon = self.coupons[coupon_id]
        is_whole = order.state == "reversed"
        coupon = replace(coupon, state="reversed" if is_whole else coupon.state, at=max(at, coupon.at))
        self.coupons[coupon_id] = coupon
        self.changed_coupons.add(coupon_id)
        cost = None if cost_minor is None else -cost_minor
        self._enter(coupon, "reversed", coupon.at, order.order_id, 0, -back_minor, -goods_minor, cost)

    def keep(self, order: CouponOrder) -> None:
        """Write an order down."""
        self.orders[order.order_id] = order
        self.changed_orders.add(order.order_id)

    def answer(self, key: str, kept: Kept) -> None:
        """Write down what was answered under a key."""
        self.kept[key] = kept
        self.new_kept.add(key)

    def used_by(self, campaign_id: str, shopper_id: str) -> int:
        """Return in how many orders a person has used a campaign."""
        return self.uses.get((campaign_id, shopper_id), 0)

    def _use(self, coupon: Coupon, step: Step, order: CouponOrder | None) -> None:
        who = (order.shopper_id if order else None) or coupon.shopper_id
        change = (step in ("reserved", "redeemed")) - (coupon.state == "reserved")
        if who and change:
            use = coupon.campaign_id, who
            self.uses[use] = self.uses.get(use, 0) + change
            self.changed_uses.add(use)

    def _enter(
        self,
        coupon: Coupon,
        step: Step,
        at: datetime,
        order_id: str | None = None,
        reserved_minor: int = 0,
        spent_minor: int = 0,
        goods_minor: int = 0,
        cost_minor: int | None = 0,
    ) -> None:
        budget = self.budgets[coupon.campaign_id]
        budget.reserved_minor += reserved_minor
        budget.spent_minor += spent_minor
        self.changed_budgets.add(coupon.campaign_id)
        self.entries.append(
            Entry(
                coupon_id=coupon.coupon_id,
                campaign_id=coupon.campaign_id,
                version=coupon.version,
                offer_id=coupon.offer_id,
                step=step,
                at=at,
                order_id=order_id,
                reserved_minor=reserved_minor,
                spent_minor=spent_minor,
                goods_minor=goods_minor,
                cost_minor=cost_minor,
            )
        )
