"""Look for people who were made up, before models learn from them."""

from dataclasses import dataclass, field

from shopkeeper.data.fakes import FakeFinder, Suspect
from shopkeeper.data.quarantine import Case
from shopkeeper.estimator import Progress
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.due import Due
from shopkeeper.ports import EventStore
from shopkeeper.ports.quarantine import QuarantineStore


@dataclass(slots=True)
class FindFakes:
    """Hold in quarantine who looks made up; the fit that follows learns without them, from the events as they are."""

    events: EventStore
    quarantine: QuarantineStore
    due: Due
    clock: Clock
    finder: FakeFinder = field(default_factory=FakeFinder)
    name: str = "fakes"

    def run(self, on_progress: Progress) -> str:
        """Look if it is time; return how many were found who were not known."""
        now = self.clock()
        if not self.due.is_due(now, self.events.count(), None):
            return ""
        cases = [
            Case(found.shopper_id, now, why(found), found.item_ids, found.odds)
            for found in self.finder.find(self.events.log())
        ]
        n = self.quarantine.add(cases)
        return f"{n:,} people held in quarantine: shopkeeper quarantine list" if n else ""


def why(found: Suspect) -> str:
    """Say what speaks against somebody."""
    return (
        f"{found.people:,} new people took {found.item_ids[0]} within days, where {found.expected:,.2f} would have, "
        "were they like the others."
    )
