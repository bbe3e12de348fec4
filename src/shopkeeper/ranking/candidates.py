"""The products that a list is made of, and the steps that change their order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.query import Query
from shopkeeper.kit.places import best_first
from shopkeeper.ranking.sources import Found, Source

HALVED_AT = 20
"""The merit of place 20, from 0, is half that of the first; the form is that of reciprocal rank fusion (Cormack et al.
2009), where it is 60: steeper here, so that a boost of 2 lifts from the second page, and not from the sixth."""
BURIED_BELOW = 1e-4
"""Share of the best one's merit under which variety lifts nothing: place 200 has a hundred times that."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Products with a merit above zero, best first; all arrays have shape (n,)."""

    item_idx: NDArray[np.int32]
    score: NDArray[np.float32]
    """Of the first source; 0 for what later ones fill in."""
    source: NDArray[np.int8]
    """Which of the sources found it."""
    merit: NDArray[np.float64]
    """20 / (20 + place), then changed by the steps: scores of models cannot be compared, places can."""

    def __len__(self) -> int:
        return len(self.item_idx)

    def take(self, chosen: NDArray[np.integer]) -> "Candidates":
        """Return the chosen ones, in the order given."""
        return Candidates(self.item_idx[chosen], self.score[chosen], self.source[chosen], self.merit[chosen])

    def weighed(self, weights: NDArray[np.floating]) -> "Candidates":
        """Return them with their merits multiplied, shape (n,), and what has none left out; ties keep their order."""
        merit = self.merit * weights
        order = best_first(merit)
        return Candidates(self.item_idx[order], self.score[order], self.source[order], merit[order])

    def reordered(self, choose: "Callable[[Candidates], NDArray[np.integer]]") -> "Candidates":
        """Return them in an order that is chosen of all but the buried, the merits staying with the places.

        So a step that comes after goes on from this order; what the merchant buried stays behind.
        """
        if len(self) < 2:
            return self
        least = BURIED_BELOW * self.merit[0]
        if self.merit[-1] > least:
            order = choose(self)
        elif (n := int(np.searchsorted(-self.merit, -least))) < 2:
            return self
        else:
            order = choose(Candidates(self.item_idx[:n], self.score[:n], self.source[:n], self.merit[:n]))
            order = np.concatenate((order, np.arange(n, len(self))))
        return Candidates(self.item_idx[order], self.score[order], self.source[order], self.merit)


def gather(sources: Sequence[Source], query: Query, n: int) -> Candidates:
    """Ask the sources in order: each fills the places that those before it had nothing for."""
    items: list[NDArray[np.int32]] = []
    scores: list[NDArray[np.float32]] = []
    allowed, places = query.allowed.copy(), []
    for place, source in enumerate(sources):
        left = n - sum(map(len, items))
        if left <= 0:
            break
        found = _found(source, replace(query, allowed=allowed), left)
        allowed[found.item_idx] = False
        items.append(found.item_idx)
        scores.append(found.score if place == 0 else np.zeros_like(found.score))
        places.append(np.full(len(found.item_idx), place, np.int8))
    item_idx = np.concatenate([np.empty(0, np.int32), *items])
    merit = HALVED_AT / (HALVED_AT + np.arange(len(item_idx)))
    return Candidates(
        item_idx,
        np.concatenate([np.empty(0, np.float32), *scores]),
        np.concatenate([np.empty(0, np.int8), *places]),
        merit,
    )


def mixed(first: Candidates, share: float, second: Candidates) -> Candidates:
    """Return the candidates of both, merit share * first + (1 - share) * second; 0 where one lacks a product."""
    extra = second.take(np.flatnonzero(~np.isin(second.item_idx, first.item_idx)))
    both = Candidates(
        np.concatenate((first.item_idx, extra.item_idx)),
        np.concatenate((first.score, np.zeros_like(extra.score))),
        np.concatenate((first.source, extra.source)),
        np.concatenate((share * first.merit, np.zeros(len(extra)))),
    )
    merit_of = dict(zip(second.item_idx.tolist(), second.merit.tolist(), strict=True))
    merit = both.merit + (1 - share) * np.array([merit_of.get(item, 0.0) for item in both.item_idx.tolist()])
    return replace(both, merit=merit).weighed(np.ones(len(both)))


def _found(source: Source, query: Query, n: int) -> Found:
    """Return the best of all, with the best of what is lifted however far down it is."""
    found = source.find(query, n)
    if query.lifted is None or len(found.item_idx) < n:
        return found
    lifted = source.find(replace(query, allowed=query.allowed & query.lifted), n)
    extra = ~np.isin(lifted.item_idx, found.item_idx)
    item_idx = np.concatenate((found.item_idx, lifted.item_idx[extra]))
    score = np.concatenate((found.score, lifted.score[extra]))
    order = np.argsort(-score, kind="stable")
    return Found(item_idx[order], score[order])
