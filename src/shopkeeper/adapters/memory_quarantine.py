"""Who is in question, in memory: what the tests stand on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shopkeeper.data.quarantine import Case, Verdict
from shopkeeper.kit.errors import NotFound


class MemoryQuarantineStore:
    """A QuarantineStore that forgets with the process."""

    def __init__(self) -> None:
        self._cases: dict[str, Case] = {}

    def add(self, cases: Sequence[Case]) -> int:
        """Store those of whom nothing is known yet, all or none; return how many. What was judged stays judged."""
        new = {case.shopper_id: case for case in cases if case.shopper_id not in self._cases}
        self._cases |= new
        return len(new)

    def all(self) -> list[Case]:
        """Return everybody, those first whose odds are highest."""
        return sorted(self._cases.values(), key=lambda case: (-case.odds, case.shopper_id))

    def judge(self, shopper_id: str, verdict: Verdict, at: datetime) -> Case:
        """Note what an operator says; NotFound for somebody who is not in question."""
        if shopper_id not in self._cases:
            raise NotFound(f"Nobody holds {shopper_id!r} in quarantine; GET /v1/quarantine tells who is.")
        self._cases[shopper_id] = replace(self._cases[shopper_id], verdict=verdict, judged_at=at)
        return self._cases[shopper_id]
