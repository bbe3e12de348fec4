"""What came of a question, as it is told."""

from collections.abc import Sequence
from typing import Literal

from shopkeeper.coupons.combine import Held, told
from shopkeeper.coupons.eligibility import Off
from shopkeeper.coupons.ledger import Outcome
from shopkeeper.coupons.reasons import Refusal
from shopkeeper.coupons.refunds import Refund
from shopkeeper.data.cart import Cart
from shopkeeper.data.coupon import Budget, Campaign, Coupon, Entry
from shopkeeper.ports.coupons import Earned
from shopkeeper.services.coupons.contract import (
    BackOut,
    BudgetOut,
    CampaignAbout,
    CouponAnswer,
    Earnings,
    EntryOut,
    IssueAnswer,
    IssuedCoupon,
    OfferModel,
    ReachModel,
    Reduction,
    RefusalOut,
    Report,
    ReverseAnswer,
)


def budget_out(budget: Budget, currency: str) -> BudgetOut:
    """Tell what is left."""
    return BudgetOut(
        campaign_id=budget.campaign_id,
        currency=currency,
        budget_minor=budget.budget_minor,
        reserved_minor=budget.reserved_minor,
        spent_minor=budget.spent_minor,
        left_minor=budget.left_minor,
        issued=budget.issued,
        reserved=budget.reserved,
        redeemed=budget.redeemed,
    )


def campaign_about(campaign: Campaign, budget: Budget) -> CampaignAbout:
    """Tell of a campaign."""
    offers = [
        OfferModel(
            offer_id=offer.offer_id,
            kind=offer.kind,
            percent_bp=offer.percent_bp or None,
            amount_minor=offer.amount_minor if offer.kind in ("amount", "bundle") else None,
            buy=offer.buy or None,
            get=offer.get or None,
            bundle=list(offer.bundle),
            least_minor=offer.least_minor,
            most_minor=offer.most_minor,
            public=offer.public,
        )
        for offer in campaign.offers
    ]
    reach = campaign.reach
    return CampaignAbout(
        campaign_id=campaign.campaign_id,
        title=campaign.title,
        currency=campaign.currency,
        offers=offers,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        budget_minor=campaign.budget_minor,
        reach=ReachModel(
            items=sorted(reach.items), categories=sorted(reach.categories), segments=sorted(reach.segments)
        ),
        per_person=campaign.per_person,
        in_total=campaign.in_total,
        stack=campaign.stack,
        floor_margin_bp=campaign.floor_margin_bp,
        valid_days=campaign.valid_days,
        paused=campaign.paused,
        margin_bp=campaign.margin_bp,
        most_each_minor=campaign.most_each_minor,
        least_return_bp=campaign.least_return_bp,
        version=campaign.version,
        budget=budget_out(budget, campaign.currency),
    )


def report_of(campaign: Campaign, budget: Budget, earned: Earned, told: str | None) -> Report:
    """Tell what came of a campaign."""
    revenue = earned.goods_minor - earned.off_minor
    return Report(
        budget=budget_out(budget, campaign.currency),
        goods_minor=earned.goods_minor,
        off_minor=earned.off_minor,
        revenue_minor=revenue,
        cost_minor=earned.cost_minor,
        profit_minor=None if earned.cost_minor is None else revenue - earned.cost_minor,
        earned=Earnings.model_validate_json(told) if told else None,
        steps=dict(sorted(earned.steps.items())),
    )


def answered(
    outcome: Outcome,
    state: Literal["valid", "reserved", "redeemed", "released"],
    cart: Cart | None,
    order_id: str | None = None,
) -> CouponAnswer:
    """Tell what codes do, or why they do nothing."""
    cart = outcome.order.cart if outcome.order else cart
    off = sum(sum(off) for _, off in outcome.used)
    goods, shipping = (cart.goods_minor, cart.shipping_minor) if cart else (0, 0)
    return CouponAnswer(
        state=state if outcome.used else "refused",
        order_id=order_id,
        currency=cart.currency if cart else None,
        goods_minor=goods,
        shipping_minor=shipping,
        off_minor=off,
        to_pay_minor=goods + shipping - off,
        lines=_reductions(outcome.used, cart) if cart else [],
        refusals=refusals_out(outcome.refusals),
        reserved_until=outcome.order.reserved_until if outcome.order else None,
    )


def _reductions(used: Sequence[tuple[Held, Off]], cart: Cart) -> list[Reduction]:
    names = [*(line.item_id for line in cart.lines), None]
    return [
        Reduction(
            coupon_id=one.coupon_id,
            campaign_id=one.terms.campaign_id,
            offer_id=one.offer.offer_id,
            item_id=item_id,
            off_minor=minor,
            text=told(one.offer, one.terms.currency),
        )
        for one, off in used
        for item_id, minor in zip(names, off, strict=True)
        if minor
    ]


def issued(coupon: Coupon) -> IssuedCoupon:
    """Tell of a new coupon, without its code."""
    return IssuedCoupon(coupon_id=coupon.coupon_id, code="", shopper_id=coupon.shopper_id, expires_at=coupon.expires_at)


def with_codes(answer: IssueAnswer, codes: Sequence[str]) -> IssueAnswer:
    """Tell the codes too, of which some were drawn for who got none."""
    refused = {one.place for one in answer.refusals}
    given = [code for place, code in enumerate(codes) if place not in refused]
    coupons = [one.model_copy(update={"code": code}) for one, code in zip(answer.coupons, given, strict=False)]
    return answer.model_copy(update={"coupons": coupons})


def refusals_out(refusals: Sequence[Refusal]) -> list[RefusalOut]:
    """Tell why something is not done."""
    return [RefusalOut(place=one.place, reason=one.reason, detail=one.detail) for one in refusals]


def refunded(refund: Refund, order_id: str) -> ReverseAnswer:
    """Tell what a customer gets back."""
    return ReverseAnswer(
        state="reversed" if refund.backs else "refused",
        order_id=order_id,
        currency=refund.order.cart.currency if refund.order else None,
        refund_minor=sum(back.refund_minor for back in refund.backs),
        off_minor=sum(back.off_minor for back in refund.backs),
        is_whole=refund.order is not None and refund.order.state == "reversed",
        lines=[
            BackOut(
                item_id=back.item_id,
                quantity=back.quantity,
                price_minor=back.price_minor,
                off_minor=back.off_minor,
                refund_minor=back.refund_minor,
            )
            for back in refund.backs
        ],
        refusals=refusals_out(refund.refusals),
    )


def entry_out(entry: Entry) -> EntryOut:
    """Tell of a line of the ledger."""
    return EntryOut(
        number=entry.number,
        coupon_id=entry.coupon_id,
        campaign_id=entry.campaign_id,
        version=entry.version,
        offer_id=entry.offer_id,
        step=entry.step,
        at=entry.at,
        order_id=entry.order_id,
        reserved_minor=entry.reserved_minor,
        spent_minor=entry.spent_minor,
    )
