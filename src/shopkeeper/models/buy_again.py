"""What this person bought and is likely to buy again, and nothing else; how often and how soon people come back."""

from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import DAY_US, HOUR_US, HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind, chosen
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import InteractionConfig, Progress, Scorer, State, TypeLabel, ignore

_ENOUGH = 20
"""Gaps between purchases of a kind that tell how long it lasts; of fewer, those of all that is durable tell."""


class BuyAgainConfig(InteractionConfig):
    """Hyper-parameters of `BuyAgain`."""

    type_weights: dict[TypeLabel, float] = Field(default={"purchase": 1.0})
    """Weight of each event type; types not named weigh nothing."""
    gap_hours: Annotated[float, Field(ge=0.0)] = 24.0
    """Purchases of a product that lie no further apart are one, and say nothing about coming back."""
    prior: Annotated[float, Field(gt=0.0)] = 10.0
    """Number of buyers like those of an average product that each product is taken to have besides its own."""
    durable_below: Annotated[float, Field(ge=0.0, le=1.0)] = 0.25
    """A kind of product is durable if a smaller share of its buyers came back for another of it."""
    longest_days: Annotated[float, Field(gt=0.0)] = 365.0
    """Nothing durable is taken to last longer, and all of it so long while nobody came back."""


class BuyAgain(Scorer[BuyAgainConfig]):
    """Rank a person's own products by how often their buyers come back, times how often this person took them.

    score(u, i) = R_i ln(1 + r_ui) when r_ui > 0, else -inf; R_i = (buyers of i who bought it again + prior R) / (buyers
    of i + prior) is the repeat customer probability (Bhagat et al. 2018, "Buy It Again"), R that of all products
    together, and r the (decayed) purchases. R_i also decides what scenarios leave out: it is their `return_rate`.

    The same R of a kind, the first category, tells what is durable, and how soon the quickest quarter of those who came
    back did so for how long scenarios pause it after a purchase.
    """

    name = "buy_again"
    Config = BuyAgainConfig
    cost = "events"
    counts_repeats = True
    personalised = False
    unasked = False
    space: ClassVar = {"half_life_days": (None, 30.0, 90.0, 180.0), "prior": (3.0, 10.0, 30.0)}
    learned = ("returns_", "pauses_")
    returns_: NDArray[np.float32]
    """(n_items,)"""
    pauses_: NDArray[np.float32]
    """(n_items,), days for which who bought it needs nothing of its kind; 0: none."""

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Count who came back, in one pass."""
        n_items = data.n_items
        bought = data.histories.keep(self.config.weighting().of_events(data.histories) > 0)
        self.returns_ = self._returns(bought, n_items)[0].astype(np.float32)
        self.pauses_ = np.zeros(n_items, np.float32)
        if data.kinds:
            kinds = Vocabulary(dict.fromkeys(data.kinds))
            kind_of = kinds.indices(data.kinds)
            rates, who, gaps = self._returns(bought.renumbered(kind_of[bought.item_idx]), len(kinds))
            is_durable = rates < self.config.durable_below
            if "" in kinds:
                is_durable[kinds.index("")] = False
            self.pauses_ = self._pauses(is_durable, who, gaps)[kind_of].astype(np.float32)
        on_progress(1.0)
        return self

    def _returns(
        self, bought: HistoryBatch, n: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
        """Return the share of the buyers of each of n who came back, and whose every gap is, and how many days long."""
        pair = bought.row_of * n + bought.item_idx
        order = np.lexsort((bought.at, pair))
        pair, at = pair[order], bought.at[order]
        gaps = np.diff(at)
        is_back = (pair[1:] == pair[:-1]) & (gaps > self.config.gap_hours * HOUR_US)
        came_back = pair[1:][is_back]
        buyers = np.bincount(np.unique(pair) % max(1, n), minlength=n)
        returned = np.bincount(np.unique(came_back) % max(1, n), minlength=n)
        overall = returned.sum() / max(1, buyers.sum())
        rates = (returned + self.config.prior * overall) / (buyers + self.config.prior)
        return rates, came_back % max(1, n), gaps[is_back] / DAY_US

    def _pauses(
        self, is_durable: NDArray[np.bool_], who: NDArray[np.int64], gaps: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the days that each kind is paused for: the first quarter of its gaps, 0 where it is not durable."""
        of_durables = gaps[is_durable[who]]
        usual = np.quantile(of_durables, 0.25) if len(of_durables) >= _ENOUGH else self.config.longest_days
        pauses = np.where(is_durable, usual, 0.0)
        for kind in np.flatnonzero(is_durable & (np.bincount(who, minlength=len(is_durable)) >= _ENOUGH)).tolist():
            pauses[kind] = np.quantile(gaps[who == kind], 0.25)
        return np.minimum(pauses, self.config.longest_days)

    @classmethod
    def from_state(cls, config: BuyAgainConfig, state: State) -> Self:
        """Rebuild from `state`; one of before pauses were learned has none."""
        return super().from_state(config, {"pauses": np.zeros(len(state["returns"]), np.float32)} | state)

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
