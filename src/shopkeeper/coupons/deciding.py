"""Who gets which coupon now: what chance and the stored price say, within guardrails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.coupons.assignment import Lottery
from shopkeeper.coupons.budget import Limits, Prices
from shopkeeper.coupons.eligibility import WHOLE_BP
from shopkeeper.coupons.uplift import Uplift
from shopkeeper.data.coupon import Arm, Campaign
from shopkeeper.kit.errors import InvalidInput, UnknownName

UNIT = 1000
"""Parts of a minor unit in which expected costs are counted: most are smaller than one."""


def units(cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return expected costs in these parts."""
    return np.rint(cost * UNIT).astype(np.int64)


def limits_of(campaign: Campaign, money_minor: int) -> Limits:
    """Return what a plan for so much money of a campaign must keep to."""
    each, least = campaign.most_each_minor, campaign.least_return_bp
    return Limits(
        money=money_minor * UNIT,
        most_each=None if each is None else each * UNIT,
        least_return=least / WHOLE_BP / UNIT,
    )


_BY_CHANCE: Mapping[Arm, str] = {
    "never": "Drawn by chance to get no coupon of this campaign, so that it is known what the others bring.",
    "explore": "Drawn by chance to get any allowed offer or none, so that it is known what each brings.",
}
_SPENT = "What is left of the budget is less than any offer is expected to take off."
OPTED_OUT = "Asked for no personal offers: those that are open to everybody remain."


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
    allowed: tuple[str, ...] = ()
    """The offers that this person could have got."""
    cost: float = 0.0
    """What the offer is expected to take off, in minor units."""


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
            return Decided(None, self.open_to_all, None, None, None, OPTED_OUT)
        return self.decide_each([shopper_id], x[None, :], [allowed])[0]

    def decide_each(
        self,
        shopper_ids: Sequence[str],
        x: NDArray[np.float64],
        allowed: Sequence[Sequence[str]],
        left_minor: float = np.inf,
    ) -> list[Decided]:
        """Return what people get who come one after the other; where the money runs out, only what still fits."""
        if not shopper_ids:
            return []
        gains, costs = self.uplift.gains_and_costs(x)
        told = []
        for shopper_id, gain, cost, own in zip(shopper_ids, gains, costs, allowed, strict=True):
            fits = tuple(offer for offer, k in zip(own, self._places(own), strict=True) if cost[k] <= left_minor)
            if own and not fits:
                told.append(Decided(None, self.open_to_all, None, None, None, _SPENT))
                continue
            drawn = self.lottery.assign(shopper_id, fits, self._best(gain, cost, fits))
            spends = float(cost[self.uplift.offers.index(drawn.offer)]) if drawn.offer else 0.0
            left_minor -= spends
            why, p = self.why(drawn.arm, drawn.offer, fits), drawn.probability
            told.append(Decided(drawn.offer, self.open_to_all, drawn.arm, p, drawn.randomised, why, fits, spends))
        return told

    def chosen(self, x: NDArray[np.float64], allowed: Sequence[str]) -> str | None:
        """Return the offer that gains most at the price, None where none gains more than that."""
        gain, cost = self.uplift.gains_and_costs(x[None, :])
        return self._best(gain[0], cost[0], allowed)

    def _best(self, gain: NDArray[np.float64], cost: NDArray[np.float64], allowed: Sequence[str]) -> str | None:
        is_allowed = np.zeros(len(self.uplift.offers), np.bool_)
        is_allowed[self._places(allowed)] = True
        best = self.prices.choose(np.where(is_allowed, gain, -np.inf), units(cost))
        return self.uplift.offers[best] if best >= 0 else None

    def _places(self, allowed: Sequence[str]) -> list[int]:
        places = self.uplift.offers.indices(allowed)
        if (places < 0).any():
            raise UnknownName("offer", allowed[int(np.argmin(places))], self.uplift.offers)
        found: list[int] = places.tolist()
        return found

    def why(self, arm: Arm, offer: str | None, allowed: Sequence[str]) -> str:
        """Return why somebody in an arm gets what was decided."""
        if arm in _BY_CHANCE:
            return _BY_CHANCE[arm]
        if offer is None:
            verdicts = [self.uplift.of_offer[k].verdict for k in self._places(allowed)]
            if verdicts and all(verdict.p is None for verdict in verdicts):
                return verdicts[0].why
            return "No allowed offer is expected to bring more than it costs at the price of the budget now."
        return self.uplift.of_offer[self.uplift.offers.index(offer)].verdict.why
