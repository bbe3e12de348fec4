"""Whether lists narrow a person: what was clicked on in them, against what the person looks for alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.columns import Columns
from shopkeeper.data.events import EventType
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.ranking.calibration import SOUGHT

DAYS = 28
NARROWED = 0.2
"""Share of the entropy of a person's own search by which what lists led to must be narrower, to count."""
ENOUGH = 8
"""Events of either kind, under which nothing is said: few events are of few kinds by chance."""


@dataclass(frozen=True, slots=True)
class Echo:
    """What one person turned to in the last four weeks."""

    alone: float
    """Entropy of the categories of what the person found alone, in nats."""
    led: float
    """The same of what was clicked on in lists."""
    share_led: float
    """Share of all this that was clicked on in lists."""
    share_new: float
    """Share of the categories of these weeks that the person had never turned to before."""
    n_alone: int
    n_led: int

    @property
    def narrows(self) -> bool:
        """Tell whether lists led to fewer kinds than the person looks for, by more than a fifth."""
        enough = min(self.n_alone, self.n_led) >= ENOUGH
        return enough and self.led < (1 - NARROWED) * self.alone

    def explored(self, share: float) -> float:
        """Return the share of places that find out: twice as many for who is narrowed, and at most a half."""
        return min(2 * share, 0.5) if self.narrows else share

    @classmethod
    def of(cls, columns: Columns, history: HistoryBatch) -> "Echo":
        """Return that of one history, by the products' first categories; what has none is left out.

        The entropy of n events of the larger part is told of as many as the smaller has, the newest, so that both are
        of as many events.
        """
        kind = columns.first("category")[history.item_idx]
        late = history.ages_us <= DAYS * DAY_US
        alone = kind[history.are_of(SOUGHT) & late & (kind >= 0)]
        led = kind[(history.type == EventType.CLICK) & late & (kind >= 0)]
        before = kind[history.are_of((*SOUGHT, EventType.CLICK)) & ~late]
        turned = np.unique(np.concatenate((alone, led)))
        n = min(len(alone), len(led))
        return cls(
            alone=_entropy(alone[-n:] if n else alone),
            led=_entropy(led[-n:] if n else led),
            share_led=len(led) / max(1, len(led) + len(alone)),
            share_new=float(np.isin(turned, before, invert=True).mean()) if len(turned) else 0.0,
            n_alone=len(alone),
            n_led=len(led),
        )


def _entropy(kinds: NDArray[np.int32]) -> float:
    if not len(kinds):
        return 0.0
    _, counts = np.unique(kinds, return_counts=True)
    p = counts / counts.sum()
    return float(-(p * np.log(p)).sum())
