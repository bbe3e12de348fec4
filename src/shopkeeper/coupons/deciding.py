"""Who gets which coupon now: what chance and the stored price say, within guardrails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.coupons.assignment import Lottery
from shopkeeper.coupons.budget import Prices
from shopkeeper.coupons.uplift import Uplift
from shopkeeper.data.coupon import Arm
from shopkeeper.kit.errors import InvalidInput, UnknownName

UNIT = 1000
"""Parts of a minor unit in which expected costs are counted: most are smaller than one."""

_BY_CHANCE: Mapping[Arm, str] = {
    "never": "Drawn by chance to get no coupon of this campaign, so that it is known what the others bring.",
    "explore": "Drawn by chance to get any allowed offer or none, so that it is known what each brings.",
}
_OPTED_OUT = "Asked for no personal offers: those that are open to everybody remain."


@dataclass(frozen=True, slots=True)
class Decided:
    """What one person gets of a campaign, and all that must be logged with it."""

    offer: str | None
    """The personal one, None for none."""
    open_to_all: tuple[str, ...]
    """What everybody may have besides."""
    arm: Arm | None
    """None: nothing was decided about this person, and nothing is to be logged."""
    probability: float | None
    """Of this decision, the draws included."""
    randomised: float | None
    """Within the drawn arms; None where the policy decided."""
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Decider:
    """All that decides in one campaign; a decision takes microseconds beyond those of its trees."""

    lottery: Lottery
    uplift: Uplift
    prices: Prices
    """Of the offers in their order, in gain for each UNIT-th of a minor unit."""
    open_to_all: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.prices.of_offer) != len(self.uplift.offers):
            raise InvalidInput(f"{len(self.prices.of_offer)} prices are given for {len(self.uplift.offers)} offers.")

    def decide(
        self, shopper_id: str, x: NDArray[np.float64], allowed: Sequence[str], *, opted_out: bool = False
    ) -> Decided:
        """Return what a person with these features, (F,), gets of the offers allowed for them."""
        if opted_out:
            return Decided(None, self.open_to_all, None, None, None, _OPTED_OUT)
        best = self.chosen(x, allowed)
        drawn = self.lottery.assign(shopper_id, allowed, best)
        why = _BY_CHANCE.get(drawn.arm) or self._why(best)
        return Decided(drawn.offer, self.open_to_all, drawn.arm, drawn.probability, drawn.randomised, why)

    def chosen(self, x: NDArray[np.float64], allowed: Sequence[str]) -> str | None:
        """Return the offer that gains most at the price, None where none gains more than that."""
        offers = self.uplift.offers
        places = offers.indices(allowed)
        if (places < 0).any():
            raise UnknownName("offer", allowed[int(np.argmin(places))], offers)
        gain, cost = (told[0] for told in self.uplift.gains_and_costs(x[None, :]))
        is_allowed = np.zeros(len(offers), np.bool_)
        is_allowed[places] = True
        best = self.prices.choose(np.where(is_allowed, gain, -np.inf), np.rint(cost * UNIT).astype(np.int64))
        return offers[best] if best >= 0 else None

    def _why(self, offer: str | None) -> str:
        if offer is None:
            return "No allowed offer is expected to bring more than it costs at the price of the budget now."
        return self.uplift.of_offer[self.uplift.offers.index(offer)].verdict.why
