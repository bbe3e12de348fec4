"""What other ways to rank would have shown in the places that chance filled, and how often it would be clicked on.

Each such place was noted with all that could have stood there and how likely that was, and whoever saw it clicked or
did not. A place counts once somebody saw it, and another way to rank fills it with the best of what could have stood
there, so that the formulas of `coupons/off_policy.py` tell of its clicks without its having been shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopkeeper.coupons.off_policy import LEAST_EFFECTIVE, Estimate, Log, evaluate
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.exploration import Exploration
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import Config, Scorer
from shopkeeper.kit.errors import TooLittle

Floats = NDArray[np.float64]
_ROWS = 256
"""Histories that are scored at once."""


class Saw(NamedTuple):
    """Who saw a product in an answer."""

    shopper_id: str
    clicked: bool


Seen = Mapping[tuple[str, str], Saw]
"""By answer and product."""


def seen_in(did: Mapping[str, Iterable[Event]]) -> Seen:
    """Return what of answers was seen, as impressions and clicks tell that name them; who clicked has seen it."""
    found: dict[tuple[str, str], Saw] = {}
    for shopper_id, events in did.items():
        for event in events:
            if event.recommendation_id and event.item_id and event.type in (EventType.IMPRESSION, EventType.CLICK):
                key = event.recommendation_id, event.item_id
                before = key in found and found[key].clicked
                found[key] = Saw(shopper_id, before or event.type == EventType.CLICK)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Explored:
    """n places that somebody saw, each with up to K products that could have stood there."""

    places: Sequence[Exploration]
    shoppers: Sequence[str]
    """Who saw each."""
    items: Sequence[Sequence[str]]
    """Of each place: without what chance had put into an earlier place of the same answer."""
    shares: Floats
    """(n, K), with what probability each of these was drawn; 0 fills a row."""
    log: Log
    """Which of them was drawn, and whether it was clicked on."""

    @classmethod
    def of(cls, places: Iterable[Exploration], seen: Seen) -> "Explored":
        """Return the places that were seen; TooLittle where no way to rank could be told of."""
        told, before = list[tuple[Exploration, Saw, dict[str, float]]](), dict[str, set[str]]()
        # Those of an answer were drawn in the order in which they stand.
        for place in sorted(places, key=lambda one: (one.at, one.recommendation_id, one.position)):
            gone = before.setdefault(place.recommendation_id, set())
            saw = seen.get((place.recommendation_id, place.item_id))
            if saw is not None:
                told.append((place, saw, {item: p for item, p in place.pool.items() if item not in gone}))
            gone.add(place.item_id)
        if len(told) < LEAST_EFFECTIVE:
            raise TooLittle(
                f"Somebody saw {len(told)} places that explored, and {LEAST_EFFECTIVE:.0f} are needed: wait, let lists "
                "explore more, and send impressions with the recommendation_id of the answer."
            )
        shares = np.zeros((len(told), max(len(pool) for _, _, pool in told)))
        for row, (_, _, pool) in enumerate(told):
            shares[row, : len(pool)] = np.array(list(pool.values())) / sum(pool.values())
        return cls(
            [place for place, _, _ in told],
            [saw.shopper_id for _, saw, _ in told],
            [list(pool) for _, _, pool in told],
            shares,
            Log(
                np.array([list(pool).index(place.item_id) for place, _, pool in told]),
                np.array([place.propensity for place, _, _ in told]),
                np.array([float(saw.clicked) for _, saw, _ in told]),
            ),
        )

    def by_chance(self) -> Floats:
        """Return the policy to which all are alike, (n, K)."""
        return _evenly(self.shares > 0)

    def by(self, scorer: Scorer[Config], items: Vocabulary, histories: HistoryBatch) -> Floats:
        """Return the policy of a model, (n, K): the best by its scores; of equal ones each as often.

        What the model does not know comes last. `histories` are what each who saw it had done by then.
        """
        scores = np.full(self.shares.shape, -np.inf)
        for start in range(0, len(self.items), _ROWS):
            rows = np.arange(start, min(start + _ROWS, len(self.items)))
            numbers = [items.indices(self.items[row]) for row in rows.tolist()]
            among = np.unique(np.concatenate(numbers))
            among = among[among >= 0]
            if not len(among):
                continue
            told = scorer.score(histories.take(rows), among)
            for row, of_row, known in zip(rows.tolist(), told, numbers, strict=True):
                scores[row, np.flatnonzero(known >= 0)] = of_row[np.searchsorted(among, known[known >= 0])]
        scores[self.shares == 0] = -np.inf
        return _evenly((self.shares > 0) & (scores == scores.max(axis=1, keepdims=True)))

    def told(self, policy: Floats) -> Estimate:
        """Return the clicks a place of a policy, (n, K); TooLittle where too few places tell of it.

        What is expected of each place is what all others brought, so that its own click is not expected of itself.
        """
        clicks, n = self.log.reward, len(self.log.reward)
        others = (clicks.sum() - clicks) / (n - 1)
        return evaluate(self.log, policy, np.repeat(others[:, None], policy.shape[1], axis=1))


def _evenly(chosen: NDArray[np.bool_]) -> Floats:
    return np.asarray(chosen / chosen.sum(axis=1, keepdims=True))
