"""What is asked of a pipeline."""

from dataclasses import dataclass, field

from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Exclude


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """The wish for n products for one history (a batch of one)."""

    history: HistoryBatch
    n: int = 10
    exclude: Exclude = field(default_factory=Exclude)
