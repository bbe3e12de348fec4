"""The coupons service's routes."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from shopkeeper.kit.errors import InvalidInput, NotForPages
from shopkeeper.services.coupons.contract import (
    CampaignAbout,
    CampaignModel,
    CampaignRemoved,
    CampaignsAbout,
    CouponAnswer,
    Coupons,
    DecideAnswer,
    DecideRequest,
    IssueAnswer,
    IssueRequest,
    Ledger,
    RedeemRequest,
    ReleaseRequest,
    Report,
    ReserveRequest,
    ReverseAnswer,
    ReverseRequest,
    ValidateRequest,
)
from shopkeeper.web.direct import Direct
from shopkeeper.web.errors import PROBLEMS
from shopkeeper.web.once import UnderKey
from shopkeeper.web.shopper import Asker, Asking, is_web_visitor

CampaignId = Annotated[str, Path(max_length=64, description="The campaign.")]
Of = Annotated[str | None, Query(max_length=200, description="Only of this one.")]
Since = Annotated[int, Query(ge=0, le=2**62, description="Only what came after this number.")]
Limit = Annotated[int, Query(ge=1, le=10_000, description="At most so many.")]


def create_router(coupons: Coupons) -> APIRouter:
    """Return the routes over any implementation of the service."""
    router = APIRouter(prefix="/v1/coupons", tags=["coupons"], responses=PROBLEMS)

    @router.post("/decide")
    async def decide_coupons(request: DecideRequest) -> DecideAnswer:
        """Tell who is offered what of a campaign or of all that run; it is logged, and asked again it is the same."""
        return await coupons.decide(request)

    @router.post("/issue", status_code=201)
    async def issue_coupons(request: IssueRequest, response: Response, once: UnderKey) -> IssueAnswer:
        """Make codes, each good for one order; they are told with this answer alone."""
        response.headers["Cache-Control"] = "no-store"
        return await coupons.issue(request, once.key)

    async def validate_coupons(request: ValidateRequest, asker: Asking) -> CouponAnswer:
        """Tell what is best for the customer, line by line, and why other codes do nothing; nothing is changed."""
        _check(asker, request)
        return await coupons.validate(request)

    async def reserve_coupons(request: ReserveRequest, once: UnderKey) -> CouponAnswer:
        """Hold coupons and their money for an order that is not paid yet: all of them, or none."""
        return await coupons.reserve(request, once.key)

    async def redeem_coupons(request: RedeemRequest, once: UnderKey) -> CouponAnswer:
        """Use what is reserved for an order, or codes at once: all of them, or none."""
        return await coupons.redeem(request, once.key)

    async def release_coupons(request: ReleaseRequest, once: UnderKey) -> CouponAnswer:
        """Free what is reserved for an order; its codes can be used again."""
        return await coupons.release(request, once.key)

    async def reverse_order(request: ReverseRequest, once: UnderKey) -> ReverseAnswer:
        """Take goods of an order back: what the customer gets, and the rest back into the budgets."""
        return await coupons.reverse(request, once.key)

    for handle in (validate_coupons, reserve_coupons, redeem_coupons, release_coupons, reverse_order):
        path = f"/{handle.__name__.partition('_')[0]}"
        router.add_api_route(path, handle, methods=["POST"], route_class_override=Direct)

    @router.get("/ledger")
    async def read_ledger(
        campaign_id: Of = None, coupon_id: Of = None, order_id: Of = None, since: Since = 0, limit: Limit = 100
    ) -> Ledger:
        """Return lines of the ledger as they were written; nothing in it is ever changed."""
        return await coupons.ledger(
            campaign_id=campaign_id, coupon_id=coupon_id, order_id=order_id, since=since, limit=limit
        )

    _add_campaigns(router, coupons)
    return router


def _add_campaigns(router: APIRouter, coupons: Coupons) -> None:
    @router.get("/campaigns")
    async def list_campaigns() -> CampaignsAbout:
        """Return all campaigns with what is left of their budgets."""
        return await coupons.campaigns()

    @router.post("/campaigns", status_code=201)
    async def create_campaign(campaign: CampaignModel) -> CampaignAbout:
        """Make a campaign."""
        return await coupons.create(campaign)

    @router.get("/campaigns/{campaign_id}")
    async def get_campaign(campaign_id: CampaignId) -> CampaignAbout:
        """Return a campaign with what is left of its budget."""
        return await coupons.campaign(campaign_id)

    @router.put("/campaigns/{campaign_id}")
    async def edit_campaign(campaign_id: CampaignId, campaign: CampaignModel) -> CampaignAbout:
        """Make the next version of a campaign; coupons that were issued keep their terms."""
        if campaign.campaign_id != campaign_id:
            raise InvalidInput(f"campaign_id: the path says {campaign_id!r}, the body {campaign.campaign_id!r}.")
        return await coupons.edit(campaign)

    @router.delete("/campaigns/{campaign_id}")
    async def remove_campaign(campaign_id: CampaignId) -> CampaignRemoved:
        """Remove a campaign of which nothing was issued; again is harmless."""
        return await coupons.remove(campaign_id)

    @router.get("/campaigns/{campaign_id}/report")
    async def report_campaign(campaign_id: CampaignId) -> Report:
        """Return what came of a campaign: what people bought with its coupons, and as `earned` because of them."""
        return await coupons.report(campaign_id)


def _check(asker: Asker, request: ValidateRequest) -> None:
    """Let a page ask for its own person, by the prices that the catalogue knows; NotSigned, NotForPages."""
    if not asker.is_page:
        return
    who = request.shopper_id
    if who is None:
        raise NotForPages("shopper_id: a page says whose codes these are: its visitor's, or a user's whom you signed.")
    user_id, visitor_id = (None, who) if is_web_visitor(who) else (who, None)
    asker.check(user_id, visitor_id)
    if any(line.cost_minor is not None or line.categories is not None for line in request.cart.lines):
        raise NotForPages("categories, cost_minor: what they are the catalogue says, and not a page.")
