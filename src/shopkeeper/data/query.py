"""What is asked of a pipeline."""

from dataclasses import dataclass

from shopkeeper.data.columns import Mask
from shopkeeper.data.history import HistoryBatch


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """The wish for n products for one history."""

    history: HistoryBatch
    """A batch of one; its products are numbered as those of `allowed`."""
    allowed: Mask
    """(n_items,), True where a product may be listed."""
    n: int = 10
    shopper_id: str | None = None
    """Whoever a model may have been fitted on, so that nobody is their own neighbour."""
    lifted: Mask | None = None
    """(n_items,), True where a boost lifts a product: the best of these are candidates besides the best of all."""
