"""What this person bought and is likely to buy again, and nothing else; how often people come back for a product."""

from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind, chosen
from shopkeeper.estimator import InteractionConfig, Progress, Scorer, TypeLabel, ignore


class BuyAgainConfig(InteractionConfig):
    """Hyper-parameters of `BuyAgain`."""

    type_weights: dict[TypeLabel, float] = Field(default={"purchase": 1.0})
    """Weight of each event type; types not named weigh nothing."""
    gap_hours: Annotated[float, Field(ge=0.0)] = 24.0
    """Purchases of a product that lie no further apart are one, and say nothing about coming back."""
    prior: Annotated[float, Field(gt=0.0)] = 10.0
    """Number of buyers like those of an average product that each product is taken to have besides its own."""


class BuyAgain(Scorer[BuyAgainConfig]):
    """Rank a person's own products by how often their buyers come back, times how often this person took them.

    score(u, i) = R_i ln(1 + r_ui) when r_ui > 0, else -inf; R_i = (buyers of i who bought it again + prior R) / (buyers
    of i + prior) is the repeat customer probability (Bhagat et al. 2018, "Buy It Again"), R that of all products
    together, and r the (decayed) purchases. R_i also decides what scenarios leave out: it is their `return_rate`.
    """

    name = "buy_again"
    Config = BuyAgainConfig
    cost = "events"
    counts_repeats = True
    personalised = False
    unasked = False
    space: ClassVar = {"half_life_days": (None, 30.0, 90.0, 180.0), "prior": (3.0, 10.0, 30.0)}
    learned = ("returns_",)
    returns_: NDArray[np.float32]
    """(n_items,)"""

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Count who came back, in one pass."""
        n_items, histories = data.n_items, data.histories
        bought = histories.keep(self.config.weighting().of_events(histories) > 0)
        pair = bought.row_of * n_items + bought.item_idx
        order = np.lexsort((bought.at, pair))
        pair, at = pair[order], bought.at[order]
        is_same = pair[1:] == pair[:-1]
        came_back = pair[1:][is_same & (np.diff(at) > self.config.gap_hours * 3_600_000_000)]
        buyers = np.bincount(np.unique(pair) % max(1, n_items), minlength=n_items)
        returned = np.bincount(np.unique(came_back) % max(1, n_items), minlength=n_items)
        overall = returned.sum() / max(1, buyers.sum())
        self.returns_ = ((returned + self.config.prior * overall) / (buyers + self.config.prior)).astype(np.float32)
        on_progress(1.0)
        return self

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Score what the history holds."""
        self.check_fitted("returns_")
        own = self.config.weighting().rows(histories, len(self.returns_)).tocoo()
        scores = np.full((len(histories), len(self.returns_)), -np.inf, np.float32)
        scores[own.row, own.col] = self.returns_[own.col] * np.log1p(own.data)
        return chosen(scores, items)

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Say how often the person bought it."""
        self.check_fitted("returns_")
        bought = histories.keep(self.config.weighting().of_events(histories) > 0)
        return [
            [Reason(ReasonKind.AGAIN, times=int(np.count_nonzero(bought.items_of(b) == item))) for item in row]
            for b, row in enumerate(items)
        ]
