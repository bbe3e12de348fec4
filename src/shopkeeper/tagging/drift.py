"""Whether persons accept fewer of the tags they look at than they used to."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

NOW, BEFORE = 50, 200
"""Decisions that are compared: the newest, and those before them."""
_LEAST = 50
"""Decisions before, below which nothing is said."""
_Z = 2.33
"""One in a hundred alarms by chance, at most."""
_DROP = 0.1
"""A smaller drop is no reason to look."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Shares of tags that were accepted."""

    n: int
    """Decisions that are counted as now."""
    now: float | None
    before: float | None
    """None where there are too few."""
    is_alarm: bool

    @property
    def text(self) -> str:
        """What a person should know, empty where all is well."""
        if not self.is_alarm or self.now is None or self.before is None:
            return ""
        return (
            f"Of the last {self.n} tags that persons looked at, {self.now:.0%} were accepted, and {self.before:.0%} "
            "before: the products or the tree have changed. Fit again (shopkeeper tags fit) and see what was fixed."
        )


def drift(accepted: Sequence[bool]) -> Drift:
    """Compare the newest decisions with those before, the oldest first: a one-sided test of two shares."""
    new, old = list(accepted)[-NOW:], list(accepted)[-NOW - BEFORE : -NOW]
    now = sum(new) / len(new) if new else None
    if len(old) < _LEAST or now is None:
        return Drift(len(new), now, None, False)
    before, n = sum(old) / len(old), len(new) + len(old)
    pooled = (sum(new) + sum(old)) / n
    error = sqrt(pooled * (1 - pooled) * (1 / len(new) + 1 / len(old)))
    is_alarm = before - now >= _DROP and before - now > _Z * error
    return Drift(len(new), now, before, is_alarm)
