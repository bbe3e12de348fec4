"""How far somebody's answers are believed: as far as they were right where it was looked at, and no further."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt

from shopkeeper.data.tags import Band

APPLIED_FROM = 0.9
"""What the share that is right surely reaches, before answers are used without a look."""
REVIEW_FROM = 0.5
"""What a confidence is at least, to be worth a look."""
_Z = 1.645
"""Of 20 sources that reach it by chance, one is believed too much."""


@dataclass(frozen=True, slots=True)
class Trust:
    """How many answers of each kind were looked at, and how many were right."""

    seen: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Right, and all, by kind."""

    @classmethod
    def of(cls, looks: Iterable[tuple[str, bool]]) -> "Trust":
        """Count answers that were looked at: of which kind, and whether right."""
        seen: dict[str, tuple[int, int]] = {}
        for kind, is_right in looks:
            right, n = seen.get(kind, (0, 0))
            seen[kind] = right + is_right, n + 1
        return cls(seen)

    def __add__(self, other: "Trust") -> "Trust":
        """Count the answers of both."""
        kinds = self.seen.keys() | other.seen.keys()
        pairs = {kind: (self.seen.get(kind, (0, 0)), other.seen.get(kind, (0, 0))) for kind in sorted(kinds)}
        return Trust({kind: (a[0] + b[0], a[1] + b[1]) for kind, (a, b) in pairs.items()})

    def confidence(self, kind: str) -> float:
        """Return the chance that the next answer is right (Laplace's rule): one half where nobody has looked."""
        right, n = self.seen.get(kind, (0, 0))
        return (right + 1) / (n + 2)

    def sure(self, kind: str) -> float:
        """Return what the share that is right surely reaches (Wilson's lower bound, 95 %); 0 where nobody looked."""
        right, n = self.seen.get(kind, (0, 0))
        if not n:
            return 0.0
        share, z2 = right / n, _Z * _Z
        return (share + z2 / (2 * n) - _Z * sqrt((share * (1 - share) + z2 / (4 * n)) / n)) / (1 + z2 / n)

    def band(self, kind: str) -> Band:
        """Return what becomes of an answer of this kind."""
        if self.sure(kind) >= APPLIED_FROM:
            return Band.APPLIED
        return Band.REVIEW if self.confidence(kind) >= REVIEW_FROM else Band.BLANK
