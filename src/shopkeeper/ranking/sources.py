"""Where the candidates of a list come from: a fitted model, or a rule of thumb that needs none."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.events import INTERACTIONS, EventType
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.data.items import Exclude, Reason, ReasonKind
from shopkeeper.data.query import Query
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import Config, Embedder, Scorer


class Found(NamedTuple):
    """Products of one list, best first, none twice."""

    item_idx: NDArray[np.int32]
    score: NDArray[np.float32]


class Source(Protocol):
    """Finds products for a query, in the query's numbers."""

    @property
    def name(self) -> str:
        """What scenarios call it."""

    def find(self, query: Query, n: int) -> Found:
        """Return the n best of the allowed products, or as many as it has something to say about."""

    def explain(self, query: Query, items: NDArray[np.int32]) -> list[Reason]:
        """Return why each of the products is in the list."""


class ModelSource:
    """A fitted model whose products are numbered in its own way."""

    def __init__(self, scorer: Scorer[Config], users: Vocabulary, places: NDArray[np.int32] | None = None) -> None:
        """Serve a model; `places` is the number in queries of each of its products, none: the same number."""
        self.name = scorer.name
        # The names of a million users take a second to put in order, and most models have no use for them.
        self._scorer, self._users = scorer, users if scorer.knows_people else Vocabulary()
        self.places: NDArray[np.intp] | None = None
        self._own = np.empty(0, np.int32)
        if places is not None:
            # Addresses are what numpy would make of smaller numbers with each request.
            self.places = places.astype(np.intp)
            self._own = np.full(int(places.max(initial=-1)) + 1, -1, np.int32)
            self._own[places] = np.arange(len(places), dtype=np.int32)

    def unknown(self, n_items: int) -> NDArray[np.int32]:
        """Return those of so many products that the model was not fitted on, in order."""
        known = np.zeros(n_items, np.bool_)
        known[: len(self._own)] = self._own >= 0
        return np.flatnonzero(~known).astype(np.int32)

    def find(self, query: Query, n: int) -> Found:
        """Ask the model for its best."""
        places = self.places
        allowed = query.allowed if places is None else query.allowed[places]
        best = self._scorer.top_n(self._asked(query), n, Exclude(seen=False, items=~allowed))
        known = best.item_idx[0] >= 0
        item_idx = best.item_idx[0][known]
        return Found(item_idx if places is None else places[item_idx].astype(np.int32), best.score[0][known])

    def find_many(
        self, histories: HistoryBatch, shopper_ids: Sequence[str], n: int, allowed: NDArray[np.bool_]
    ) -> list[Found]:
        """Ask the model for the best of many people in one go."""
        places = np.arange(len(allowed)) if self.places is None else self.places
        asked = self._known(histories.of_users(self._users.indices(shopper_ids)))
        best = self._scorer.top_n(asked, n, Exclude(seen=False, items=~allowed[places]))
        return [
            Found(places[row[row >= 0]].astype(np.int32), score[row >= 0])
            for row, score in zip(best.item_idx, best.score, strict=True)
        ]

    def explain(self, query: Query, items: NDArray[np.int32]) -> list[Reason]:
        """Ask the model why."""
        if self.places is None:
            return self._scorer.explain(self._asked(query), items[None])[0]
        reasons = self._scorer.explain(self._asked(query), self._own[items][None])[0]
        return [
            reason if reason.because < 0 else replace(reason, because=int(self.places[reason.because]))
            for reason in reasons
        ]

    @property
    def has_vectors(self) -> bool:
        """Tell whether the model knows its products by vectors."""
        return isinstance(self._scorer, Embedder)

    def vectors(self, items: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the vectors of products, (n, d), NaN of those the model does not know."""
        if not isinstance(self._scorer, Embedder):
            return np.full((len(items), 1), np.nan, np.float32)
        own = items if self.places is None else np.append(self._own, -1)[np.minimum(items, len(self._own))]
        found = self._scorer.embed_items(np.maximum(own, 0))
        return np.where(own[:, None] >= 0, found, np.float32(np.nan))

    def scores(self, item_idx: int, histories: HistoryBatch, shopper_ids: Sequence[str]) -> NDArray[np.float32]:
        """Return the score of one product for each person, shape (B,); -inf: the model has nothing to say."""
        own = self._own[item_idx] if item_idx < len(self._own) else -1
        if own < 0:
            return np.full(len(histories), -np.inf, np.float32)
        asked = self._known(histories.of_users(self._users.indices(shopper_ids)))
        return self._scorer.score(asked, np.array([own], np.int32))[:, 0]

    def _asked(self, query: Query) -> HistoryBatch:
        def known() -> HistoryBatch:
            if query.shopper_id is None:
                return self._known(query.history)
            return self._known(query.history.of_users(self._users.indices([query.shopper_id])))

        return query.history.remember((self, query.shopper_id), known)

    def _known(self, histories: HistoryBatch) -> HistoryBatch:
        """Return the interactions with products that the model knows, in its numbers."""
        counted = histories.are_of(INTERACTIONS)
        if self.places is None:
            return histories.keep(counted)
        counted &= histories.item_idx < len(self._own)
        counted[counted] = self._own[histories.item_idx[counted]] >= 0
        kept = histories.keep(counted)
        return kept.renumbered(self._own[kept.item_idx])


class Ahead:
    """A model that found the best for one person already; where too few of them are allowed, it is asked again."""

    def __init__(self, source: Source, found: Found) -> None:
        self.name, self.source, self._found = source.name, source, found

    def find(self, query: Query, n: int) -> Found:
        """Return the allowed ones of what was found, or ask."""
        allowed = np.flatnonzero(query.allowed[self._found.item_idx])[:n]
        if len(allowed) < n:
            return self.source.find(query, n)
        return Found(self._found.item_idx[allowed], self._found.score[allowed])

    def explain(self, query: Query, items: NDArray[np.int32]) -> list[Reason]:
        """Ask the model why."""
        return self.source.explain(query, items)


class Recent:
    """What the person looked at, the last first."""

    name = "recent"

    def find(self, query: Query, n: int) -> Found:
        """Score 1 / (1 + days)."""
        history = query.history
        looked = history.keep(np.isin(history.type, (EventType.VIEW, EventType.CLICK)))
        newest = looked.item_idx[::-1]
        first = np.sort(np.unique(newest, return_index=True)[1])
        first = first[query.allowed[newest[first]]][:n]
        days = np.maximum(looked.ages_us[::-1][first], 0) / DAY_US
        return Found(newest[first], (1 / (1 + days)).astype(np.float32))

    def explain(self, query: Query, items: NDArray[np.int32]) -> list[Reason]:
        """Say so."""
        return [Reason(ReasonKind.RECENT)] * len(items)


class InOrder:
    """Products in an order that is given, when they are asked for."""

    def __init__(self, name: str, order: Callable[[], NDArray[np.integer]], reason: ReasonKind) -> None:
        self.name = name
        self._order, self._reason = order, Reason(reason)

    def find(self, query: Query, n: int) -> Found:
        """Score 0."""
        order = self._order().astype(np.int32, copy=False)
        found = order[query.allowed[order]][:n]
        return Found(found, np.zeros(len(found), np.float32))

    def explain(self, query: Query, items: NDArray[np.int32]) -> list[Reason]:
        """Say the reason that is given."""
        return [self._reason] * len(items)
