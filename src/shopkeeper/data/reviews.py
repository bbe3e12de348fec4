"""What persons decide about tags, from which taggers learn and by which they are judged."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shopkeeper.data.tags import Label, TagSource


class Action(StrEnum):
    """What became of a tag that a person looked at."""

    ACCEPT = "accept"
    FIX = "fix"
    """Another value is right, or none; also where nothing was said."""
    SKIP = "skip"
    """The person does not know."""


@dataclass(frozen=True, slots=True)
class Review:
    """One decision; it is only ever added, and the newest about a name of a product counts."""

    review_id: str
    """The same twice is one decision."""
    item_id: str
    name: str
    action: Action
    value: str
    """What is right; empty where nothing fits, and of what was skipped."""
    by: str
    at: datetime
    said: str = ""
    """What had been said, empty where nothing was."""
    source: TagSource | None = None
    """Who had said it, as which version, and how sure that was."""
    version: str = ""
    confidence: float = 0.0

    @property
    def label(self) -> Label | None:
        """What is to be learned from it."""
        if self.action is Action.SKIP:
            return None
        return Label(self.item_id, self.name, self.value, self.by, self.at)
