"""What everybody takes: the floor under every other model."""

from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind, chosen
from shopkeeper.estimator import InteractionConfig, Progress, Scorer, ignore


class PopularityConfig(InteractionConfig):
    """Hyper-parameters of `Popularity`."""

    newest_days: Annotated[float, Field(gt=0.0)] | None = None
    """Only interactions of the last so many days count; none: all."""


class Popularity(Scorer[PopularityConfig]):
    """Score a product by how many people took it, the same for everybody.

    score(i) = sum over users u of min(1, r_ui), r the (decayed) interaction matrix: one person's hundred orders do not
    make a best-seller, with `half_life_days` an old interaction weighs less, and with `newest_days` nothing.
    """

    name = "popularity"
    Config = PopularityConfig
    cost = "events"
    personalised = False
    space: ClassVar = {
        "half_life_days": (None, 3.0, 7.0, 14.0, 30.0, 60.0, 90.0, 180.0),
        "newest_days": (None, 7.0, 30.0),
    }
    learned = ("popularity_", "people_")
    popularity_: NDArray[np.float32]
    people_: NDArray[np.int32]

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Count in one pass."""
        newest_days, histories = self.config.newest_days, data.histories
        if newest_days is not None:
            data = data.with_histories(histories.keep(histories.ages_us <= newest_days * DAY_US))
        counts = data.counts(self.config.weighting())
        self.popularity_, self.people_ = counts.votes, counts.people
        on_progress(1.0)
        return self

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return the same row for everybody."""
        self.check_fitted("popularity_")
        return np.tile(chosen(self.popularity_, items), (len(histories), 1))

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Say how many people took it."""
        self.check_fitted("people_")
        return [[Reason(ReasonKind.POPULAR, people=int(self.people_[item])) for item in row] for row in items]
