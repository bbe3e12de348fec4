"""What this person takes most, then what everybody takes: the baseline that repeat buying is hard to beat with."""

from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind, chosen
from shopkeeper.estimator import InteractionConfig, Progress, Scorer, ignore


class PersonalTopConfig(InteractionConfig):
    """Hyper-parameters of `PersonalTop`."""

    popularity_weight: Annotated[float, Field(ge=0.0)] = 1.0
    """How many of a person's own interactions the most popular product is worth, among the person's own products."""


class PersonalTop(Scorer[PersonalTopConfig]):
    """Rank a person's own products by how often (and how lately) they were taken, all others by popularity below.

    score(u, i) = 1 + r_ui + popularity_weight * p_i when r_ui > 0, else p_i; r the (decayed) interaction matrix,
    p_i in [0, 1) the popularity of `models/popularity.py` over its maximum plus one. It is the "personal top
    frequency with global fill" of next-basket research, with recency and with ties broken by popularity.
    """

    name = "personal_top"
    Config = PersonalTopConfig
    cost = "events"
    counts_repeats = True
    personalised = False
    space: ClassVar = {
        "popularity_weight": (0.0, 0.3, 1.0, 3.0),
        "half_life_days": (None, 7.0, 14.0, 30.0, 60.0, 90.0, 180.0),
    }
    learned = ("popularity_", "people_")
    popularity_: NDArray[np.float32]
    people_: NDArray[np.int32]

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Count popularity in one pass; what is personal is in the history that is scored."""
        matrix = data.matrix(self.config.weighting())
        self.popularity_ = matrix.popularity
        self.people_ = matrix.people
        on_progress(1.0)
        return self

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return one part for what is the person's own, one for what is everybody's."""
        self.check_fitted("popularity_")
        share = self.popularity_ / (1.0 + self.popularity_.max(initial=0.0))
        own = self.config.weighting().rows(histories, len(share)).tocoo()
        scores = np.tile(share, (len(histories), 1))
        scores[own.row, own.col] = 1.0 + own.data + self.config.popularity_weight * share[own.col]
        return chosen(scores, items)

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Say how often the person took it, or how many people did."""
        self.check_fitted("people_")
        counted = self.config.weighting().of_events(histories) > 0
        times = histories.keep(counted)
        return [
            [self._reason(int(np.count_nonzero(times.items_of(b) == item)), int(item)) for item in row]
            for b, row in enumerate(items)
        ]

    def _reason(self, times: int, item: int) -> Reason:
        if times:
            return Reason(ReasonKind.AGAIN, times=times)
        return Reason(ReasonKind.POPULAR, people=int(self.people_[item]))
