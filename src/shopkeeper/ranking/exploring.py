"""Places of a list that find out: what is new, or was shown too seldom to be known, gets one in so many."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.data.columns import Columns, Mask, Numbers
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind
from shopkeeper.data.query import Query
from shopkeeper.kit.lots import best_shares, draw, some
from shopkeeper.kit.places import without
from shopkeeper.ranking.calibration import Taste
from shopkeeper.ranking.candidates import Candidates
from shopkeeper.ranking.sources import Found

KNOWN = 100
"""Impressions of the last weeks after which a product is known."""
_POOL = 24
"""Products that are drawn from at once: by chance, of all that may be listed and are not known."""
_FRESH = 0.75
_FLOOR = 0.5
"""Share of the draws in which all of the pool are as likely: what was unlucky at first is shown on."""
_TRUST = 20.0
"""Impressions like those of the shop's average product that each counts for beside its own."""


@dataclass(frozen=True, eq=False)
class Exposures:
    """What was shown in the last weeks, and what was clicked on, by anybody."""

    shown: Numbers
    """(n_items,)"""
    clicked: Numbers
    """(n_items,)"""
    _last: list[tuple[Mask, NDArray[np.int32]]] = field(default_factory=list, init=False, repr=False)

    @cached_property
    def unknown(self) -> NDArray[np.int32]:
        """What was shown too seldom to be known."""
        return np.flatnonzero(self.shown < KNOWN).astype(np.int32)

    def unknown_of(self, mask: Mask) -> NDArray[np.int32]:
        """Return what of some products, (n_items,), is not known; remembered until others are asked about."""
        for asked, told in self._last:
            if asked is mask:
                return told
        found = self.unknown[mask[self.unknown]]
        self._last[:] = [(mask, found)]
        return found

    @cached_property
    def crowding(self) -> Numbers:
        """How large a part of all that was shown was shown no more often, (n_items,); 0 for what was not shown."""
        counts = np.sort(self.shown[self.shown > 0])
        return np.searchsorted(counts, self.shown, "right") / max(len(counts), 1)

    @cached_property
    def rate(self) -> float:
        """Clicks per impression."""
        return float((self.clicked.sum() + 1) / (self.shown.sum() + 20))


@dataclass(frozen=True, slots=True)
class Lot:
    """One place that was drawn."""

    item_idx: int
    propensity: float
    among: NDArray[np.int32]
    """All that could have been drawn."""
    shares: NDArray[np.float64]
    """With what probability each could, at the first turn."""

    @property
    def pool(self) -> dict[int, float]:
        """The same by item_idx."""
        return dict(zip(self.among.tolist(), self.shares.tolist(), strict=True))


@dataclass(slots=True, eq=False)
class Explorer:
    """A step that gives some places to what is drawn, and notes with what probability."""

    columns: Columns
    history: HistoryBatch
    exposures: Exposures
    possible: Mask
    """(n_items,), what may be listed."""
    fresh: Mask
    """(n_items,), what is new: three of four draws are among these, while they are not known."""
    share: float
    n: int
    source: int
    """The number of the source that says why: of those of the pipeline."""
    rng: Generator
    lots: list[Lot] = field(default_factory=list)

    def __call__(self, found: Candidates) -> Candidates:
        """Return the candidates with n x share places of the list's second half drawn, a part of a place by chance.

        Of at most 24 that are not known, drawn by chance, each is chosen as often as it is best by its chance of a
        click, as far as that is known (a Beta), times how well its kind suits the person.
        """
        n = min(self.n, len(found))
        wanted = self.share * n
        n_places = min(int(wanted) + (self.rng.random() < wanted % 1), n // 2)
        pool = self._pool(found.item_idx[: n - n_places]) if n_places else np.empty(0, np.int32)
        if not len(pool):
            return found
        shares = self._shares(pool)
        drawn = draw(shares, n_places, self.rng)
        chosen = pool[drawn.place]
        self.lots += [Lot(int(item), float(p), pool, shares) for item, p in zip(chosen, drawn.probability, strict=True)]
        at = np.sort(n - n // 2 + self.rng.permutation(n // 2)[: len(chosen)])
        return self._with(found, chosen, at)

    def _pool(self, listed: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return what may be drawn."""
        if self.rng.random() < _FRESH:
            new = some(self.exposures.unknown_of(self.fresh), self.possible, listed, _POOL, self.rng)
            if len(new):
                return new
        return some(self.exposures.unknown, self.possible, listed, _POOL, self.rng)

    def _shares(self, pool: NDArray[np.int32]) -> NDArray[np.float64]:
        seen, clicked, rate = self.exposures.shown[pool], self.exposures.clicked[pool], self.exposures.rate
        hits = rate * _TRUST + clicked
        misses = (1 - rate) * _TRUST + np.maximum(seen - clicked, 0.0)
        suits = Taste.of(self.columns, self.history).suits(pool)
        return best_shares(hits, misses, suits, self.rng, _FLOOR)

    def _with(self, found: Candidates, chosen: NDArray[np.int32], at: NDArray[np.int64]) -> Candidates:
        """Return the candidates with some products at their places, and these products nowhere else."""
        # What is drawn has the merit of what it comes before.
        made = found.take(without(chosen, found.item_idx, at))
        made.item_idx[at], made.score[at], made.source[at] = chosen, 0.0, self.source
        return made


class Explored:
    """Says of what was drawn that it was; finds nothing itself."""

    name = "explored"

    def find(self, query: Query, n: int) -> Found:
        """Return nothing."""
        return Found(np.empty(0, np.int32), np.empty(0, np.float32))

    def explain(self, query: Query, items: NDArray[np.int32]) -> list[Reason]:
        """Say so."""
        return [Reason(ReasonKind.EXPLORED)] * len(items)
