"""What decides in a campaign: what was learned of its offers, and the price of its budget now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from shopkeeper.coupons.budget import Limits, Prices
from shopkeeper.coupons.gate import unknown
from shopkeeper.coupons.pacing import Pacer
from shopkeeper.coupons.qini import Curve
from shopkeeper.coupons.uplift import LEAST, OfferUplift, Uplift
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import State
from shopkeeper.kit.errors import InvalidInput

UNKNOWN = "0"
"""The version of a policy that has learned nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """What was learned of a campaign, under a version; the price moves under the same one."""

    version: str
    as_of: datetime
    """What came after was not learned from."""
    learned_at: datetime
    uplift: Uplift
    price: float
    """What each UNIT-th of a minor unit must bring."""
    people: int = 0
    """Whom chance gave an offer or none, and of whom it is known what they did."""
    foretold: float = 0.0
    """Of the pacer: what coupons were expected to have cost."""
    came: float = 0.0
    moved_at: datetime | None = None
    """When redemptions last moved the price."""
    curves: Mapping[str, Curve] = field(default_factory=dict)
    """Of offers, what they bring to the first so many of people whom the order was not learned from."""

    @classmethod
    def unknown(cls, features: Sequence[str], offers: Sequence[str], now: datetime) -> "Policy":
        """Return one of which nothing is known: nobody gets an offer but by chance."""
        told = tuple(OfferUplift(unknown(0, LEAST)) for _ in offers)
        return cls(UNKNOWN, now, now, Uplift(Vocabulary(features), Vocabulary(offers), told), 0.0)

    def of(self, offers: Sequence[str]) -> Uplift:
        """Return what is known of the offers that there are now."""
        places = self.uplift.offers.indices(offers)
        own = (self.uplift.of_offer[k] if k >= 0 else OfferUplift(unknown(0, LEAST)) for k in places.tolist())
        return replace(self.uplift, offers=Vocabulary(offers), of_offer=tuple(own))

    @property
    def reads_people(self) -> bool:
        """Whether what a person did decides."""
        return any(own.margin is not None for own in self.uplift.of_offer)

    def pacer(self, limits: Limits) -> Pacer:
        """Return what moves the price."""
        prices = Prices(np.full(len(self.uplift.offers), self.price), limits.most_each)
        return Pacer(prices, self.foretold, self.came, limits)

    def moved(self, pacer: Pacer, now: datetime) -> "Policy":
        """Return it with the price that a pacer has found."""
        price = float(pacer.prices.of_offer[0]) if len(pacer.prices.of_offer) else 0.0
        return replace(self, price=price, foretold=pacer.foretold, came=pacer.came, moved_at=now)

    def state(self) -> State:
        """Return all that was learned."""
        state = {f"uplift_{name}": value for name, value in self.uplift.state().items()}
        state["price"] = np.array([self.price, self.foretold, self.came])
        for offer, curve in self.curves.items():
            state[f"curve{self.uplift.offers.index(offer)}"] = np.stack([curve.share, curve.gain])
        return state

    @classmethod
    def from_state(
        cls,
        state: State,
        *,
        version: str,
        as_of: datetime,
        learned_at: datetime,
        moved_at: datetime | None,
        people: int,
        features: Sequence[str],
    ) -> "Policy":
        """Rebuild what `state` returned; InvalidInput where it was learned from other features."""
        uplift = Uplift.from_state({k.removeprefix("uplift_"): v for k, v in state.items() if k.startswith("uplift_")})
        if list(uplift.features) != list(features):
            raise InvalidInput("it was learned from other features")
        price, foretold, came = np.asarray(state["price"], np.float64).tolist()
        named = {offer: state.get(f"curve{k}") for k, offer in enumerate(uplift.offers)}
        curves = {
            offer: Curve(np.asarray(told[0], np.float64), np.asarray(told[1], np.float64))
            for offer, told in named.items()
            if told is not None
        }
        return cls(version, as_of, learned_at, uplift, price, people, foretold, came, moved_at, curves)
