"""What customers of two scores are called."""

from typing import get_args

from shopkeeper.services.insights.contract import SegmentName

# Rows: spending 5 to 1; columns: recency 1 to 5.
_GRID: tuple[tuple[SegmentName, ...], ...] = (
    ("cannot lose", "at risk", "loyal", "loyal", "champions"),
    ("at risk", "at risk", "loyal", "loyal", "champions"),
    ("at risk", "at risk", "need attention", "promising", "promising"),
    ("hibernating", "hibernating", "about to sleep", "promising", "promising"),
    ("hibernating", "hibernating", "about to sleep", "new", "new"),
)
SEGMENTS: tuple[SegmentName, ...] = get_args(SegmentName)
"""All names, the best first."""


def segment_of(recency: int, spending: int) -> SegmentName:
    """Return the name for two scores of 1 to 5."""
    return _GRID[5 - spending][recency - 1]
