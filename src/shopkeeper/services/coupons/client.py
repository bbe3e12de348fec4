"""The coupons service over HTTP."""

from typing import TypeVar
from urllib.parse import quote

from httpx import AsyncClient
from pydantic import BaseModel

from shopkeeper.services.coupons.contract import (
    CampaignAbout,
    CampaignModel,
    CampaignRemoved,
    CampaignsAbout,
    CouponAnswer,
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
from shopkeeper.web.errors import answer_of
from shopkeeper.web.remote import REPEATABLE

M = TypeVar("M", bound=BaseModel)


class CouponsClient:
    """The same as `CouponsService`, on another machine."""

    def __init__(self, http: AsyncClient) -> None:
        """Use a client whose base_url is that of the service."""
        self._http = http

    async def campaigns(self) -> CampaignsAbout:
        """Return all campaigns as they are now."""
        return answer_of(await self._http.get("/v1/coupons/campaigns"), CampaignsAbout)

    async def campaign(self, campaign_id: str) -> CampaignAbout:
        """Return one."""
        return answer_of(await self._http.get(_path(campaign_id)), CampaignAbout)

    async def create(self, campaign: CampaignModel) -> CampaignAbout:
        """Make a campaign."""
        return await self._post("campaigns", campaign, CampaignAbout, again=True)

    async def edit(self, campaign: CampaignModel) -> CampaignAbout:
        """Make the next version of a campaign."""
        body = campaign.model_dump(mode="json")
        return answer_of(await self._http.put(_path(campaign.campaign_id), json=body), CampaignAbout)

    async def remove(self, campaign_id: str) -> CampaignRemoved:
        """Remove a campaign of which nothing was issued."""
        return answer_of(await self._http.delete(_path(campaign_id)), CampaignRemoved)

    async def report(self, campaign_id: str) -> Report:
        """Return what came of a campaign."""
        return answer_of(await self._http.get(f"{_path(campaign_id)}/report"), Report)

    async def ledger(
        self,
        *,
        campaign_id: str | None = None,
        coupon_id: str | None = None,
        order_id: str | None = None,
        since: int = 0,
        limit: int = 100,
    ) -> Ledger:
        """Return a part of the ledger."""
        told = {
            "campaign_id": campaign_id,
            "coupon_id": coupon_id,
            "order_id": order_id,
            "since": since,
            "limit": limit,
        }
        params = {name: value for name, value in told.items() if value is not None}
        return answer_of(await self._http.get("/v1/coupons/ledger", params=params), Ledger)

    async def decide(self, request: DecideRequest) -> DecideAnswer:
        """Return who is offered what, and log it."""
        return await self._post("decide", request, DecideAnswer, again=True)

    async def issue(self, request: IssueRequest, key: str | None = None) -> IssueAnswer:
        """Make codes."""
        return await self._post("issue", request, IssueAnswer, key)

    async def validate(self, request: ValidateRequest) -> CouponAnswer:
        """Return what codes would do."""
        return await self._post("validate", request, CouponAnswer, again=True)

    async def reserve(self, request: ReserveRequest, key: str | None = None) -> CouponAnswer:
        """Hold coupons for an order."""
        return await self._post("reserve", request, CouponAnswer, key)

    async def redeem(self, request: RedeemRequest, key: str | None = None) -> CouponAnswer:
        """Use coupons in an order."""
        return await self._post("redeem", request, CouponAnswer, key)

    async def release(self, request: ReleaseRequest, key: str | None = None) -> CouponAnswer:
        """Free what is reserved for an order."""
        return await self._post("release", request, CouponAnswer, key)

    async def reverse(self, request: ReverseRequest, key: str | None = None) -> ReverseAnswer:
        """Take goods of an order back."""
        return await self._post("reverse", request, ReverseAnswer, key)

    async def _post(
        self, what: str, request: BaseModel, kind: type[M], key: str | None = None, *, again: bool = False
    ) -> M:
        """Ask; what has a key may be asked twice, since nothing is done twice under one."""
        headers = {"Idempotency-Key": key} if key else {}
        body = request.model_dump(mode="json", exclude_none=True)
        extensions = dict(REPEATABLE) if key or again else {}
        answer = await self._http.post(f"/v1/coupons/{what}", json=body, headers=headers, extensions=extensions)
        return answer_of(answer, kind)


def _path(campaign_id: str) -> str:
    return f"/v1/coupons/campaigns/{quote(campaign_id, safe='')}"
