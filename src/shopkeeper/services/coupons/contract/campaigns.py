"""What is said of campaigns."""

from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from shopkeeper.data.coupon import OfferKind
from shopkeeper.services.coupons.contract.earnings import Earnings

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Id = Annotated[str, Field(min_length=1, max_length=200)]
Minor = Annotated[int, Field(ge=0, le=10_000_000_000)]
BasisPoints = Annotated[int, Field(ge=1, le=10_000)]
Pieces = Annotated[int, Field(ge=1, le=10_000)]

_NEEDS: dict[OfferKind, tuple[str, ...]] = {
    "percent": ("percent_bp",),
    "amount": ("amount_minor",),
    "free_shipping": (),
    "buy_x_get_y": ("buy", "get"),
    "bundle": ("bundle",),
}
_MAY: dict[OfferKind, tuple[str, ...]] = {"buy_x_get_y": ("percent_bp",), "bundle": ("amount_minor",)}
_OWN = ("percent_bp", "amount_minor", "buy", "get", "bundle")


class OfferModel(BaseModel):
    """What a coupon takes off a cart."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    offer_id: Name
    """Its name in the campaign."""
    kind: OfferKind
    """`percent`, `amount`, `free_shipping`, `buy_x_get_y` or `bundle`."""
    percent_bp: BasisPoints | None = None
    """Of `percent`, in hundredths of a percent: 1000 is 10 %. Of `buy_x_get_y`, off what one gets; else it is free."""
    amount_minor: Minor | None = None
    """Of `amount`: so much off. Of `bundle`: what one of each costs together."""
    buy: Pieces | None = None
    """Of `buy_x_get_y`: so many pieces at the full price."""
    get: Pieces | None = None
    """And so many, the cheapest, at the lower one."""
    bundle: Annotated[list[Id], Field(max_length=20)] = []
    """Products, one of each."""
    least_minor: Minor = 0
    """The goods that it is for must cost so much, before any coupon."""
    most_minor: Annotated[int, Field(ge=1, le=10_000_000_000)] | None = None
    """It takes off so much at most."""
    public: bool = False
    """Open to everybody: nobody decides who gets it. Each kind of offer needs a public one for personal ones to be."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        needs, may = _NEEDS[self.kind], _MAY.get(self.kind, ())
        if lacking := [name for name in needs if not getattr(self, name)]:
            raise ValueError(f"a {self.kind} needs {' and '.join(lacking)}")
        if strange := [name for name in _OWN if name not in needs + may and getattr(self, name)]:
            raise ValueError(f"{' and '.join(strange)}: not of a {self.kind}")
        if self.kind == "bundle" and (len(set(self.bundle)) < max(2, len(self.bundle)) or self.amount_minor is None):
            raise ValueError("a bundle is of two products or more, each named once, and amount_minor their price")
        return self


class ReachModel(BaseModel):
    """What and whom a campaign is for; what names nothing is for all."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    items: Annotated[list[Id], Field(max_length=50_000)] = []
    """Products."""
    categories: Annotated[list[Id], Field(max_length=1000)] = []
    """Paths such as `Home > Kitchen`, with all below them."""
    segments: Annotated[list[Id], Field(max_length=100)] = []
    """People who are in one of these segments: when a coupon is issued to them, else when it is used."""


class CampaignModel(BaseModel):
    """What a merchant gives away."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    campaign_id: Name
    """Its name."""
    title: Annotated[str, Field(max_length=200)] = ""
    """What people call it."""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    """ISO 4217 code of its money; it never changes."""
    offers: Annotated[list[OfferModel], Field(min_length=1, max_length=50)]
    """What can be offered in it."""
    starts_at: AwareDatetime
    """Its coupons are good from then on."""
    ends_at: AwareDatetime
    """And not from then on."""
    budget_minor: Annotated[int, Field(ge=0, le=1_000_000_000_000_000)]
    """All that its coupons may take off together."""
    reach: ReachModel = ReachModel()
    """What and whom it is for."""
    per_person: Pieces | None = None
    """Orders with its coupons that one person may have; else any number."""
    in_total: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """Orders with its coupons, of all people; else any number."""
    stack: Name | None = None
    """Coupons of different groups add up, those of one do not; without a group, a coupon is alone in an order."""
    floor_margin_bp: Annotated[int, Field(ge=0, le=9999)] | None = None
    """No price falls so low that less than this part of it, in hundredths of a percent, is margin."""
    valid_days: Annotated[float, Field(gt=0, le=3650)] | None = None
    """Days that a coupon is good for after it was issued; else until the campaign ends."""
    paused: bool = False
    """Nothing new is issued, reserved or redeemed; what is reserved can be redeemed."""
    margin_bp: BasisPoints | None = None
    """The part of a price, in hundredths of a percent, that is margin of goods of which no `cost_minor` is known."""
    most_each_minor: Annotated[int | None, Field(ge=1, le=1_000_000_000_000)] = None
    """What an offer may be expected to take off for one person, where it is decided who gets it; else any amount."""
    least_return_bp: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """What its coupons must gain, over all, for what they take off, in hundredths of a percent: 20000 is twice it."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be after starts_at")
        if len({offer.offer_id for offer in self.offers}) < len(self.offers):
            raise ValueError("offers: two have the same offer_id")
        return self


class BudgetOut(BaseModel):
    """What is left of a campaign."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    campaign_id: str
    """The campaign."""
    currency: str
    """Of all amounts."""
    budget_minor: int
    """All that its coupons may take off."""
    reserved_minor: int
    """Held for orders that are not paid yet."""
    spent_minor: int
    """Taken off orders, without what was given back."""
    left_minor: int
    """What can still be taken off."""
    issued: int
    """Coupons."""
    reserved: int
    """Orders that coupons are reserved for now."""
    redeemed: int
    """Orders that coupons were used in, those that came back included: they count for the caps."""


class CampaignAbout(CampaignModel):
    """A campaign as it is now."""

    version: int
    """Coupons keep the offer, reach, window, stacking and floor of the version they were issued under."""
    budget: BudgetOut
    """What is left."""


class CampaignsAbout(BaseModel):
    """All campaigns."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    campaigns: list[CampaignAbout]
    """By id."""


class CampaignRemoved(BaseModel):
    """What became of a wish to remove a campaign."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    removed: int
    """1, or 0 where there was none."""


class Report(BaseModel):
    """What came of a campaign: what people with coupons bought, which is not what they bought because of them."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    budget: BudgetOut
    """What is left."""
    goods_minor: int
    """Goods in orders with its coupons, before any, without what came back."""
    off_minor: int
    """What its coupons took off them and their shipping."""
    revenue_minor: int
    """The difference: what its orders brought, if no other coupon was in them."""
    cost_minor: int | None
    """What the goods cost the shop; none where that is not known of all of them."""
    profit_minor: int | None
    """Revenue less cost."""
    earned: Earnings | None = None
    """What they bought because of it, as of when the worker looked; none where it has not yet."""
    steps: dict[str, int]
    """How many coupons were `issued`, `redeemed`, `expired` and so on, each step as often as it was taken."""
