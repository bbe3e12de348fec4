"""What the coupons service needs from outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from shopkeeper.coupons.book import Book, Touched
from shopkeeper.coupons.policy import Policy
from shopkeeper.data.coupon import Budget, Campaign, Decision, Entry, Step

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Earned:
    """What came of the coupons of a campaign."""

    goods_minor: int
    """Goods in orders with them, before any coupon, without what came back."""
    off_minor: int
    """What they took off."""
    cost_minor: int | None
    """What the goods cost the shop; None where that is not known of all."""
    steps: Mapping[Step, int]
    """How often each step was taken."""


@dataclass(frozen=True, slots=True)
class Taking:
    """What became of the coupon that a decision gave."""

    off_minor: int
    """What it took off, without what came back."""
    redeemed_at: datetime | None
    settled: bool
    """The budget tells all of it."""


class PolicyStore(Protocol):
    """What was learned of each campaign, the newest; saving is atomic, readers see the old or the new one."""

    def save(self, campaign_id: str, policy: Policy) -> None:
        """Make this what decides in a campaign."""

    def refuse(self, campaign_id: str, why: str) -> None:
        """Note why nothing could be learned; what was saved before stays."""

    def load(self, campaign_id: str) -> Policy:
        """Return what decides in a campaign.

        NotFitted where nothing was learned yet, TooLittle where that was refused, IncompatibleVersion where it cannot
        be read.
        """

    def tell(self, campaign_id: str, earned: str) -> None:
        """Keep what a campaign earned, as JSON, in place of what was kept before."""

    def told(self, campaign_id: str) -> str | None:
        """Return what was kept last."""


class CouponStore(Protocol):
    """Campaigns, coupons and their ledger, which is only added to. What was done survives a crash."""

    def run(self, touched: Touched, act: Callable[[Book], T]) -> T:
        """Let something read and change a part of the ledger, while nobody else changes any; all is kept, or nothing.

        The act may be run again from the beginning, and changes nothing but the book.
        """

    def read(self, touched: Touched) -> Book:
        """Return a part of the ledger as it is."""

    def campaigns(self) -> list[tuple[Campaign, Budget]]:
        """Return the newest version of all campaigns with what is left, by id."""

    def entries(
        self,
        *,
        campaign_id: str | None = None,
        coupon_id: str | None = None,
        order_id: str | None = None,
        since: int = 0,
        limit: int = 1000,
    ) -> list[Entry]:
        """Return the first entries after a number, of one campaign, coupon or order, or of all."""

    def earned(self, campaign_id: str) -> Earned:
        """Return the sums of a campaign's entries."""

    def forget_answers(self, before: datetime) -> int:
        """Remove answers that were first given before a time; return how many."""

    def decide(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Write down the decisions that are not there yet, all or none; return each as it is there.

        They are only added to: of two with one id, the first stays.
        """

    def taken(self, campaign_id: str) -> Mapping[str, Taking]:
        """Return what became of the coupons that decisions gave, by decision."""

    def promised_minor(self, campaign_id: str, since: datetime) -> float:
        """Return what coupons of newer decisions are expected to take off still, which no budget tells of yet."""

    def decisions(self, campaign_id: str, *, since: int = 0, limit: int = 100_000) -> tuple[list[Decision], int]:
        """Return the first decisions about a campaign after a number, and the number of the last."""
