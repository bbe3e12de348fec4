"""What the coupons service takes and gives."""

from typing import Protocol

from shopkeeper.services.coupons.contract.campaigns import (
    BudgetOut,
    CampaignAbout,
    CampaignModel,
    CampaignRemoved,
    CampaignsAbout,
    OfferModel,
    ReachModel,
    Report,
)
from shopkeeper.services.coupons.contract.decisions import DecideAnswer, DecideFor, DecideRequest, DecisionOut
from shopkeeper.services.coupons.contract.earnings import Against, Earnings, Figure, Loyalty, PolicyFigures
from shopkeeper.services.coupons.contract.orders import (
    BackOut,
    CartIn,
    CartLineIn,
    CouponAnswer,
    EntryOut,
    IssueAnswer,
    IssuedCoupon,
    IssueRequest,
    IssueTo,
    Ledger,
    RedeemRequest,
    Reduction,
    RefusalOut,
    ReleaseRequest,
    ReserveRequest,
    ReturnLine,
    ReverseAnswer,
    ReverseRequest,
    ValidateRequest,
)

__all__ = [
    "Against",
    "BackOut",
    "BudgetOut",
    "CampaignAbout",
    "CampaignModel",
    "CampaignRemoved",
    "CampaignsAbout",
    "CartIn",
    "CartLineIn",
    "CouponAnswer",
    "Coupons",
    "DecideAnswer",
    "DecideFor",
    "DecideRequest",
    "DecisionOut",
    "Earnings",
    "EntryOut",
    "Figure",
    "IssueAnswer",
    "IssueRequest",
    "IssueTo",
    "IssuedCoupon",
    "Ledger",
    "Loyalty",
    "OfferModel",
    "PolicyFigures",
    "ReachModel",
    "RedeemRequest",
    "Reduction",
    "RefusalOut",
    "ReleaseRequest",
    "Report",
    "ReserveRequest",
    "ReturnLine",
    "ReverseAnswer",
    "ReverseRequest",
    "ValidateRequest",
]


class Coupons(Protocol):
    """The coupons service.

    What changes something takes a key: asked again with it, the answer is the same to the last byte and nothing is done
    twice. KeyReused where the key came with another question, StillRunning where the first is not answered yet. What
    cannot be done is an answer too, `refused`, with reasons.
    """

    async def campaigns(self) -> CampaignsAbout:
        """Return all campaigns as they are now."""

    async def campaign(self, campaign_id: str) -> CampaignAbout:
        """Return one; NotFound if there is none."""

    async def create(self, campaign: CampaignModel) -> CampaignAbout:
        """Make a campaign; InvalidInput where there is one of that name, unless it says the same."""

    async def edit(self, campaign: CampaignModel) -> CampaignAbout:
        """Make the next version of a campaign; coupons that were issued keep their terms.

        NotFound; InvalidInput for another currency, or a budget below what is spent and reserved.
        """

    async def remove(self, campaign_id: str) -> CampaignRemoved:
        """Remove a campaign of which nothing was issued; InvalidInput otherwise. Again is harmless."""

    async def report(self, campaign_id: str) -> Report:
        """Return what came of a campaign; NotFound."""

    async def ledger(
        self,
        *,
        campaign_id: str | None = None,
        coupon_id: str | None = None,
        order_id: str | None = None,
        since: int = 0,
        limit: int = 100,
    ) -> Ledger:
        """Return the first lines of the ledger after a number, of one campaign, coupon or order, or of all."""

    async def decide(self, request: DecideRequest) -> DecideAnswer:
        """Return who is offered what, and log it: asked again, a person's decision is the same.

        NotFound for a campaign that is not there; InvalidInput where nobody can have a kind of offer without personal
        data.
        """

    async def issue(self, request: IssueRequest, key: str | None = None) -> IssueAnswer:
        """Make codes; NotFound for a campaign that is not there."""

    async def validate(self, request: ValidateRequest) -> CouponAnswer:
        """Return what is best for the customer, line by line, and why the other codes do nothing; nothing changes.

        TooManyFailures for who has sent many codes that are none, as of all that takes codes.
        """

    async def reserve(self, request: ReserveRequest, key: str | None = None) -> CouponAnswer:
        """Hold coupons and their money for an order: all of them, or none."""

    async def redeem(self, request: RedeemRequest, key: str | None = None) -> CouponAnswer:
        """Use what is reserved for an order, or codes at once: all of them, or none."""

    async def release(self, request: ReleaseRequest, key: str | None = None) -> CouponAnswer:
        """Free what is reserved for an order; the codes can be used again."""

    async def reverse(self, request: ReverseRequest, key: str | None = None) -> ReverseAnswer:
        """Take goods back: in proportion, exact to the minor unit, and back into the budgets."""
