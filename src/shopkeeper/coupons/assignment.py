"""Chance that stays: a part of each campaign's people is drawn for good, so that what coupons cause can be told.

Of each campaign some people never get a coupon, and some get an allowed offer or none by chance; all others get
what the policy says. Both draws are keyed hashes of campaign and person: nobody can be moved by asking again, nobody
outside can foretell who is drawn, and nothing has to be stored to find a person in the same part tomorrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from shopkeeper.data.coupon import Arm
from shopkeeper.kit.errors import InvalidInput

NEVER = 0.05
"""The share of those who get none as long as the campaign lasts: the hold-out, against which it is judged."""
_EXPLORE = 0.05, 0.10
EXPLORE = 0.08
"""The share that explores where nobody says otherwise."""
_LEAST_KEY = 16


@dataclass(frozen=True, slots=True)
class Assignment:
    """What chance and policy made of one person, as it is logged."""

    arm: Arm
    offer: str | None
    """None: nothing."""
    probability: float
    """Of this decision for such a person, the draw of the arm included."""
    randomised: float | None
    """Of this decision within the drawn arms, for learning; None where the policy decided."""


def by_chance(n_allowed: int, *, is_none: bool, explore: float = EXPLORE) -> float:
    """Return how likely an offer, or none, is for those in the drawn arms."""
    return (explore / (n_allowed + 1) + NEVER * is_none) / (explore + NEVER)


@dataclass(frozen=True, slots=True)
class Lottery:
    """The draws of one campaign."""

    key: bytes
    """A secret of the shop, of 16 bytes or more."""
    campaign_id: str
    explore: float = EXPLORE
    """The share of those who get an allowed offer, or none, by chance; .05 to .10."""

    def __post_init__(self) -> None:
        if not _EXPLORE[0] <= self.explore <= _EXPLORE[1]:
            raise InvalidInput(f"A share of {self.explore:g} is to explore: it must be .05 to .10, for good.")
        if len(self.key) < _LEAST_KEY:
            raise InvalidInput(f"The key of the draws has {len(self.key)} bytes: take {_LEAST_KEY} random ones.")

    def arm_of(self, shopper_id: str) -> Arm:
        """Return the arm that a person is in, for the whole campaign."""
        place = self._draw("arm", shopper_id)
        if place < NEVER:
            return "never"
        return "explore" if place < NEVER + self.explore else "policy"

    def explored(self, shopper_id: str, allowed: Sequence[str]) -> str | None:
        """Return one of the allowed offers or none, each as likely as the others.

        The offer with the highest number wins (rendezvous hashing): one that is added or taken away moves nobody but
        those who win it or had it.
        """
        return max(("", *allowed), key=lambda offer: (self._draw("offer", shopper_id, offer), offer)) or None

    def assign(self, shopper_id: str, allowed: Sequence[str], chosen: str | None) -> Assignment:
        """Return what a person gets, of the offers allowed for them, where the policy has chosen one of these or none.

        probability = explore / (n + 1) + never [none] + policy [chosen], n offers allowed
        """
        if len({"", *allowed}) != len(allowed) + 1:
            raise InvalidInput(f"The allowed offers {list(allowed)} need a name each, and none twice.")
        if chosen is not None and chosen not in allowed:
            raise InvalidInput(f"The policy chose {chosen!r}, which is not allowed: it may choose of {list(allowed)}.")
        arm = self.arm_of(shopper_id)
        offer = {"never": None, "explore": self.explored(shopper_id, allowed), "policy": chosen}[arm]
        by_chance = self.by_chance(len(allowed), is_none=offer is None)
        drawn = self.explore + NEVER
        probability = by_chance * drawn + (1 - drawn) * (offer == chosen)
        return Assignment(arm, offer, probability, None if arm == "policy" else by_chance)

    def by_chance(self, n_allowed: int, *, is_none: bool) -> float:
        """Return how likely an offer, or none, is for those in the drawn arms."""
        return by_chance(n_allowed, is_none=is_none, explore=self.explore)

    def _draw(self, *parts: str) -> float:
        """Return a number from 0 to below 1."""
        digest = blake2b(key=self.key[:64], digest_size=8)
        for part in (self.campaign_id, *parts):
            # The length first, so that no two lists of words are the same bytes.
            data = part.encode()
            digest.update(len(data).to_bytes(4, "big") + data)
        return (int.from_bytes(digest.digest(), "big") >> 11) * 2.0**-53
