"""Look for people who were made up, and for programs, before models learn from them."""

from dataclasses import dataclass, field
from math import log

from shopkeeper.data.bots import Bot, BotFinder
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
    bots: BotFinder = field(default_factory=BotFinder)
    name: str = "fakes"

    def run(self, on_progress: Progress) -> str:
        """Look if it is time; return how many were found who were not known."""
        now = self.clock()
        if not self.due.is_due(now, self.events.count(), None):
            return ""
        events = self.events.log()
        fakes = self.finder.find(events)
        cases = [Case(found.shopper_id, now, why(found), found.item_ids, found.odds) for found in fakes]
        known = {case.shopper_id for case in cases}
        cases += [
            # A person at that speed is taken to be as rare as the speed is high.
            Case(bot.shopper_id, now, why_bot(bot), bot.item_ids, round(log(bot.products), 2))
            for bot in self.bots.find(events)
            if bot.shopper_id not in known
        ]
        n = self.quarantine.add(cases)
        return f"{n:,} people held in quarantine: shopkeeper quarantine list" if n else ""


def why(found: Suspect) -> str:
    """Say what speaks against somebody."""
    return (
        f"{found.people:,} new people took {found.item_ids[0]} within days, where {found.expected:,.2f} would have, "
        "were they like the others."
    )


def why_bot(found: Bot) -> str:
    """Say what speaks against a program."""
    return f"Turned to {found.products:,} products within an hour, which nobody does by hand."
