"""From a history to a list of products: sources in order, steps that change the order, reasons, names."""

from collections.abc import Callable, Sequence
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
from shopkeeper.ranking.candidates import Candidates, gather, mixed
from shopkeeper.ranking.explain import sentence, told
from shopkeeper.ranking.sources import ModelSource, Source

ENOUGH = 200
"""Candidates that steps choose from, at least."""

Step = Callable[[Candidates], Candidates]


class Choice(NamedTuple):
    """One product of a list, in inside ids."""

    item_idx: int
    score: float
    reason: Reason
    source: str
    """Name of the source that found it."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Sources asked in order, each for the places that those before it left open; then steps, then the cut."""

    sources: Sequence[Source]
    steps: Sequence[Step] = ()
    personal: float = 1.0
    """Share of the person in the list; the rest is what a stranger would get."""

    def __call__(self, query: Query, stranger: Query | None = None) -> list[Choice]:
        """Return at most n products, best first; what a later source fills in has score 0."""
        n = max(ENOUGH, 2 * query.n) if self.steps or stranger else query.n
        found = gather(self.sources, query, n)
        if stranger:
            found = mixed(found, self.personal, gather(self.sources, stranger, n))
        for step in self.steps:
            found = step(found)
        return self._explained(query, found.take(np.arange(min(query.n, len(found)))))

    def _explained(self, query: Query, found: Candidates) -> list[Choice]:
        choices: list[Choice | None] = [None] * len(found)
        for place, source in enumerate(self.sources):
            rows = np.flatnonzero(found.source == place)
            reasons = source.explain(query, found.item_idx[rows]) if len(rows) else []
            for row, reason in zip(rows.tolist(), reasons, strict=True):
                choices[row] = Choice(int(found.item_idx[row]), float(found.score[row]), reason, source.name)
        return [choice for choice in choices if choice]


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
        scorers = [scorer] if fallback is None else [scorer, fallback]
        self._pipeline = Pipeline([ModelSource(one, users) for one in scorers])

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
        exclude = exclude or Exclude()
        allowed = np.ones(len(self.items), np.bool_) if exclude.items is None else ~exclude.items
        if exclude.seen:
            allowed[history.item_idx] = False
        return tuple(self._named(choice) for choice in self._pipeline(Query(history, allowed, n)))

    def _named(self, choice: Choice) -> Item:
        reason = told(choice.reason)
        because = self.items[reason.because] if reason.because >= 0 else None
        return Item(self.items[choice.item_idx], choice.score, reason, sentence(reason, because), because)
