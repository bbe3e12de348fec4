"""From a history to a list of products: sources in order, the first cut, reasons, names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from shopkeeper import models
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import Event
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Exclude, Item, ItemList, Reason
from shopkeeper.data.query import Query
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import Config, Progress, Scorer, ignore
from shopkeeper.ranking.explain import sentence


class Choice(NamedTuple):
    """One product of a list, in inside ids."""

    item_idx: int
    score: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Sources asked in order: each fills the places that those before it had nothing for."""

    sources: Sequence[Scorer[Config]]

    def __call__(self, query: Query) -> list[Choice]:
        """Return at most n products, best first; what a later source fills in has score 0."""
        chosen: dict[int, Choice] = {}
        for place, source in enumerate(self.sources):
            if len(chosen) == query.n:
                break
            # Of the n best of this source at least n - len(chosen) are new.
            found = source.top_n(query.history, query.n, query.exclude)
            known = found.item_idx[:, found.item_idx[0] >= 0]
            reasons = source.explain(query.history, known)[0]
            for item_idx, score, reason in zip(known[0].tolist(), found.score[0].tolist(), reasons, strict=False):
                if item_idx not in chosen and len(chosen) < query.n:
                    chosen[item_idx] = Choice(item_idx, score if place == 0 else 0.0, reason)
        return list(chosen.values())


class Recommender:
    """A fitted model with the names of its users and products: events in, a list of products out."""

    def __init__(
        self,
        scorer: Scorer[Config],
        users: Vocabulary,
        items: Vocabulary,
        *,
        fallback: Scorer[Config] | None = None,
        data: Dataset | None = None,
    ) -> None:
        """Serve `scorer`, and `fallback` (fitted on the same products) where it has nothing to say.

        `data` is what `recommend_items` takes its histories from.
        """
        self.users, self.items, self.data = users, items, data
        self._pipeline = Pipeline([scorer] if fallback is None else [scorer, fallback])

    @classmethod
    def fit(
        cls,
        model: str | Scorer[Config],
        data: Dataset,
        *,
        rng: Generator | None = None,
        on_progress: Progress = ignore,
    ) -> "Recommender":
        """Fit a model (by its name or as an object), and popularity for those it has nothing to say to."""
        scorer = models.create(model) if isinstance(model, str) else model
        scorer.fit(data, rng=rng, on_progress=on_progress)
        return cls(scorer, data.users, data.items, fallback=models.create("popularity").fit(data), data=data)

    def recommend(
        self,
        events: Sequence[Event],
        *,
        now: datetime,
        shopper_id: str | None = None,
        n: int = 10,
        exclude: Exclude | None = None,
    ) -> ItemList:
        """Return n products for what a person did, oldest first; nothing known gives what is popular."""
        user_idx = -1 if shopper_id is None else self.users.index(shopper_id)
        return self._list(HistoryBatch.from_events(events, self.items, as_of=now, user_idx=user_idx), n, exclude)

    def recommend_items(self, user_id: str, n: int = 10, exclude: Exclude | None = None) -> ItemList:
        """Return n products for a user of the data that this was fitted on; an unknown one gets what is popular."""
        user_idx = self.users.index(user_id)
        if self.data is None or user_idx < 0:
            return self._list(HistoryBatch.of([[]]), n, exclude)
        return self._list(self.data.histories.take(np.array([user_idx])), n, exclude)

    def _list(self, history: HistoryBatch, n: int, exclude: Exclude | None) -> ItemList:
        chosen = self._pipeline(Query(history, n, exclude or Exclude()))
        return tuple(self._named(choice) for choice in chosen)

    def _named(self, choice: Choice) -> Item:
        because = self.items[choice.reason.because] if choice.reason.because >= 0 else None
        text = sentence(choice.reason, because)
        return Item(self.items[choice.item_idx], choice.score, choice.reason, text, because)
