"""What has more takers lately than its past lets expect."""

from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind, chosen
from shopkeeper.estimator import InteractionConfig, Progress, Scorer, ignore


class TrendingConfig(InteractionConfig):
    """Hyper-parameters of `Trending`."""

    newest_days: Annotated[float, Field(gt=0.0)] = 7.0
    """What lately means, counted back from the newest event."""
    prior: Annotated[float, Field(gt=0.0)] = 1.0
    """Takers that a product without a past is expected to have: more of it, and fewer new products trend."""


class Trending(Scorer[TrendingConfig]):
    """Score a product by how far its takers of late exceed what is expected, in standard deviations; no one's own.

    score(i) = (lately_i - expected_i) / sqrt(expected_i), the takers of the last `newest_days` against expected_i =
    prior + lately * before_i / before, its share of all before; a Poisson number's deviation is the root of its mean.
    A taker counts one, or as far as they are believed; where counts are noisy, the variance of the noise joins theirs,
    so that noise alone does not trend. Nobody lately: -inf.
    """

    name = "trending"
    Config = TrendingConfig
    cost = "events"
    personalised = False
    unasked = False
    space: ClassVar = {"newest_days": (1.0, 3.0, 7.0, 14.0, 30.0), "prior": (0.3, 1.0, 3.0, 10.0)}
    learned = ("trend_", "people_")
    trend_: NDArray[np.float32]
    people_: NDArray[np.int32]
    """Takers lately, (n_items,)."""

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Count in two passes, before and since."""
        is_late = data.histories.ages_us <= self.config.newest_days * DAY_US
        since, before = (
            data.with_histories(data.histories.keep(which)).counts(self.config.weighting())
            for which in (is_late, ~is_late)
        )
        late, early = since.votes, before.votes
        expected = self.config.prior + late.sum() * early / max(1, early.sum())
        noise = since.variance + (late.sum() / max(1, early.sum())) ** 2 * before.variance
        trend = (late - expected) / np.sqrt(expected + noise)
        self.trend_ = np.where(late > 0, trend, -np.inf).astype(np.float32)
        self.people_ = since.people
        on_progress(1.0)
        return self

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return the same row for everybody."""
        self.check_fitted("trend_")
        return np.tile(chosen(self.trend_, items), (len(histories), 1))

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Say how many people took it lately."""
        self.check_fitted("people_")
        return [[Reason(ReasonKind.TRENDING, people=int(self.people_[item])) for item in row] for row in items]
