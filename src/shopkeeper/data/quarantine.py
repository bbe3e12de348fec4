"""People from whom nothing is learned, because they look as if somebody made them up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Verdict = Literal["suspected", "confirmed", "released"]


@dataclass(frozen=True, slots=True)
class Case:
    """One person in question. Their events stay where they are; models learn without them until they are released."""

    shopper_id: str
    found_at: datetime
    why: str
    """What speaks against them, in a sentence."""
    items: tuple[str, ...]
    """What they lifted, among others."""
    odds: float
    """Natural logarithm of the odds that they are a fake."""
    verdict: Verdict = "suspected"
    """suspected: found, and nobody looked yet; confirmed and released: what an operator said, which stays."""
    judged_at: datetime | None = None

    @property
    def is_held(self) -> bool:
        """Tell whether nothing is learned from them."""
        return self.verdict != "released"
