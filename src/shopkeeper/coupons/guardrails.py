"""What holds for every campaign, whatever a model says: prices, loyalty, public offers, and what people are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shopkeeper.coupons.qini import Flags, Interval
from shopkeeper.kit.errors import InvalidInput, TooLittle

Minor = NDArray[np.int64]

_MOST_PENALTY = 0.01
"""More than new customers that tenured ones may pay for the same, as a share."""
_LEAST = 30
"""Lines of each kind of customer from which prices can be compared."""

DISCLOSURE: Mapping[Literal["en", "zh"], str] = {
    "en": (
        "Some coupons of this shop are given by an automatic choice, from what you looked at and bought here; who gets "
        "one may also be drawn by chance, to learn what coupons bring. A coupon only lowers the price that all see, "
        "it never raises one. Age, sex, ethnicity, health, your exact place and the price of your device play no part. "
        "You can turn this off at any time: you then get the offers that are open to everybody."
    ),
    "zh": (
        "本店的部分优惠券根据您在本店的浏览和购买记录自动发放；为了解优惠券的效果，也会随机抽取部分顾客。"
        "优惠券只会在公开价格的基础上降价，绝不会提高价格。年龄、性别、民族、健康状况、精确位置和设备价格均不参与决定。"
        "您可以随时关闭个性化优惠；关闭后，您仍可获得面向所有人的公开优惠。"
    ),
}
"""What a shop tells people where coupons are given."""


def check_lowers(public_minor: int, offered_minor: int) -> None:
    """Raise InvalidInput where a price with a coupon is not from 0 to the public one."""
    if not 0 <= offered_minor <= public_minor:
        raise InvalidInput(
            f"A price of {offered_minor} is offered where the public one is {public_minor}: a coupon only lowers it."
        )


@dataclass(frozen=True, slots=True)
class LoyaltyPenalty:
    """How much more tenured customers pay than new ones, each as a part of public prices; .02: two hundredths more."""

    more: Interval

    @property
    def alert(self) -> bool:
        """Whether it is over one hundredth; chance may be the reason where the interval says so."""
        return self.more.value > _MOST_PENALTY

    def __str__(self) -> str:
        told = f"Tenured customers pay {100 * self.more.value:+.1f} % against new ones, for the same public prices"
        return f"{told} ({100 * self.more.low:+.1f} to {100 * self.more.high:+.1f})."


def loyalty_penalty(public_minor: Minor, paid_minor: Minor, tenured: Flags) -> LoyaltyPenalty:
    """Compare what was paid of the public price by tenured customers and by new ones, a row for each line sold.

    more = (paid / public of the tenured) / (paid / public of the new) - 1, its interval by the delta method
    """
    wrong = (public_minor <= 0) | (paid_minor < 0) | (paid_minor > public_minor)
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        raise InvalidInput(
            f"Line {place}: {paid_minor[place]} was paid where the public price is {public_minor[place]}. What is paid "
            "must be from 0 to the public price."
        )
    if min(tenured.sum(), (~tenured).sum()) < _LEAST:
        raise TooLittle(f"Prices can be compared from {_LEAST} lines of tenured and as many of new customers on.")
    ratios, relative = [], 0.0
    for side in (tenured, ~tenured):
        public, paid = public_minor[side].astype(np.float64), paid_minor[side].astype(np.float64)
        ratio = paid.sum() / public.sum()
        if not ratio:
            raise TooLittle("Nothing was paid by one of both kinds of customer, so there is nothing to compare with.")
        ratios.append(ratio)
        relative += float(((paid - ratio * public) ** 2).sum() / (ratio * public.sum()) ** 2)
    turn = ratios[0] / ratios[1]
    return LoyaltyPenalty(Interval.normal(float(turn - 1), float(turn * relative**0.5)))


@dataclass(frozen=True, slots=True)
class Access:
    """An offer as far as it matters to who can have it."""

    family: str
    """What offers of a kind share, such as free shipping."""
    is_public: bool
    """Whether it is open to everybody, without any data of the person."""


def unreachable(offers: Sequence[Access]) -> list[str]:
    """Return the families that nobody reaches without giving personal data: each needs an offer that is public."""
    return sorted({offer.family for offer in offers} - {offer.family for offer in offers if offer.is_public})


def check_reachable(offers: Sequence[Access]) -> None:
    """Raise InvalidInput where a family of offers is closed to who gives no personal data."""
    if closed := unreachable(offers):
        raise InvalidInput(f"Nobody gets {', '.join(closed)} without personal data: add one that is open to everybody.")
