"""Where it is kept from whom nothing is learned."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shopkeeper.data.quarantine import Case, Verdict


class QuarantineStore(Protocol):
    """Who is in question, each person once."""

    def add(self, cases: Sequence[Case]) -> int:
        """Store those of whom nothing is known yet, all or none; return how many. What was judged stays judged."""

    def all(self) -> list[Case]:
        """Return everybody, those first whose odds are highest."""

    def judge(self, shopper_id: str, verdict: Verdict, at: datetime) -> Case:
        """Note what an operator says; NotFound for somebody who is not in question."""
