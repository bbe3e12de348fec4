"""What goes into a person's next basket: their own habits, then those of people like them, then everybody's."""

from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import LEAST, Reason, ReasonKind, chosen, shared_by_several
from shopkeeper.estimator import InteractionConfig, Progress, Scorer, State, ignore
from shopkeeper.kit.sparse import (
    Neighbours,
    RowIndex,
    Rows,
    from_arrays,
    no_louder,
    scaled_columns,
    scaled_rows,
    sum_rows,
    to_arrays,
)

_TRUSTED_CHANCES = 20.0
"""Chances to come back at which a product's own return rate counts as much as the shop's."""


class NextBasketConfig(InteractionConfig):
    """Hyper-parameters of `NextBasket`."""

    basket_gap_hours: Annotated[float, Field(ge=0.0)] = 4.0
    """An event that comes at most so long after the one before it belongs to the same basket."""
    basket_decay: Annotated[float, Field(gt=0.0, le=1.0)] = 0.95
    """A basket weighs basket_decay ** (number of later baskets of the same person)."""
    return_rate_power: Annotated[float, Field(ge=0.0)] = 0.4
    """Exponent of a product's return rate: milk is bought again, a kettle is not. 0: all products alike."""
    n_neighbors: Annotated[int, Field(ge=1)] = 300
    """How many of the most similar people are asked."""
    asymmetry: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1
    """The share of the cosine's normalisation that the asking person takes; below a half, long histories count less."""
    neighbor_weight: Annotated[float, Field(ge=0.0)] = 0.6
    """What the neighbours' mean share weighs next to the person's own."""
    loudest: Annotated[int, Field(ge=0)] = 20
    """No neighbour's vote weighs more than that of the so many-th most similar, or of the last where there are fewer;
    with fewer than five none counts. Else a list could be one person's history, told to who shares half of it; 0: any
    may."""
    popularity_weight: Annotated[float, Field(ge=0.0)] = 0.3
    """What the most popular product's popularity weighs next to a product that is in every own basket."""


class NextBasket(Scorer[NextBasketConfig]):
    """Score a product by the share of a person's baskets it is in, of the neighbours' baskets, and by its popularity.

    score(u, i) = x_ui (rho_i / rho)^p + w sum_v s_uv x_vi / sum_v s_uv + q n_i / max n

    x_ui = sum_b d^(age of b) r_bi / sum_b d^(age of b): the share of u's baskets b that hold i, newer ones counting
    more, age in baskets (TIFU-KNN, Hu et al. 2020; UP-CF, Faggioli et al. 2020). rho_i: how often i came back in a
    buyer's later baskets, drawn towards the shop's mean rho where chances were few. The neighbours v have the largest
    asymmetric cosines s of x weighted by ln(users / users of the product); n_i is the number of interactions with i.
    """

    name = "next_basket"
    Config = NextBasketConfig
    cost = "events; each request: the users of each product of the history"
    order_matters = True
    counts_repeats = True
    knows_people = True
    space: ClassVar = {
        "basket_decay": (0.8, 0.9, 0.95, 1.0),
        "return_rate_power": (0.0, 0.3, 0.5, 0.8),
        "n_neighbors": (100, 300, 600),
        "asymmetry": (0.1, 0.2, 0.3, 0.5),
        "neighbor_weight": (0.3, 0.6, 1.0, 2.0),
        "popularity_weight": (0.03, 0.1, 0.2, 0.3),
    }

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Keep everybody's shares, indexed by product, and count how often each product came back."""
        weights = self.config.weighting().of_events(data.histories)
        sold = np.bincount(data.histories.item_idx, weights, minlength=data.n_items)
        popularity = (sold / max(sold.max(initial=0), np.finfo(np.float32).tiny)).astype(np.float32)
        returns = self._return_rate(data.histories.keep(weights > 0), data.n_items)
        self._set(self._shares(data.histories, data.n_items), popularity, returns)
        on_progress(1.0)
        return self

    def _set(self, by_user: Rows, popularity: NDArray[np.float32], return_rate: NDArray[np.float32]) -> None:
        self.by_user_ = by_user
        self.popularity_ = popularity
        self.return_rate_ = return_rate
        self.people_ = np.bincount(by_user.indices, minlength=by_user.shape[1]).astype(np.int32)
        # A product that everybody has says nothing, yet it must stay an overlap.
        self.rarity_ = np.maximum(np.log(max(1, by_user.shape[0]) / np.maximum(self.people_, 1.0)), 1e-3)
        features = scaled_columns(by_user, self.rarity_)
        self.index_ = RowIndex(features, "cosine", asymmetry=self.config.asymmetry)

    def _shares(self, histories: HistoryBatch, n_items: int) -> Rows:
        """Return x, shape (B, n_items)."""
        ages = histories.basket_ages(self.config.basket_gap_hours)
        decay = self.config.basket_decay**ages
        rows = self.config.weighting().rows(histories, n_items, times=decay)
        oldest = np.zeros(len(histories), np.int64)
        oldest[histories.lengths > 0] = ages[histories.indptr[:-1][histories.lengths > 0]]
        by_age = np.cumsum(self.config.basket_decay ** np.arange(oldest.max(initial=0) + 1))
        return scaled_rows(rows, 1 / by_age[oldest])

    def _return_rate(self, histories: HistoryBatch, n_items: int) -> NDArray[np.float32]:
        """Return rho_i / rho, shape (n_items,)."""
        ages = histories.basket_ages(self.config.basket_gap_hours)
        taken, items = histories.row_of * n_items + histories.item_idx, histories.item_idx
        first = np.unique(taken, return_index=True)[1]
        baskets = np.unique(np.stack((taken, ages)), axis=1)[0] % max(1, n_items)
        chances = np.bincount(items[first], weights=ages[first], minlength=n_items)
        returns = np.bincount(baskets, minlength=n_items) - np.bincount(items[first], minlength=n_items)
        if not returns.any():
            return np.ones(n_items, np.float32)
        mean = returns.sum() / chances.sum()
        relative = (returns / mean + _TRUSTED_CHANCES) / (chances + _TRUSTED_CHANCES)
        return np.asarray(relative, np.float32)

    def state(self) -> State:
        """Return everybody's shares as three arrays, and what is known of each product."""
        self.check_fitted("by_user_")
        return {**to_arrays(self.by_user_), "popularity": self.popularity_, "return_rate": self.return_rate_}

    @classmethod
    def from_state(cls, config: NextBasketConfig, state: State) -> Self:
        """Rebuild from `state`."""
        model = cls(config)
        popularity, return_rate = (state[name].astype(np.float32) for name in ("popularity", "return_rate"))
        model._set(from_arrays(state, len(popularity)), popularity, return_rate)
        return model

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Add up the three parts; an empty history has the last alone."""
        self.check_fitted("by_user_")
        own = self._shares(histories, len(self.people_))
        found = self._neighbours(own, histories)
        votes = np.maximum(found.similarity, 0)
        if self.config.loudest:
            votes = no_louder(votes, self.config.loudest, LEAST)
        votes *= self.config.neighbor_weight / np.maximum(votes.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        scores = sum_rows(votes, found.idx, self.by_user_)
        scores += np.float32(self.config.popularity_weight) * self.popularity_
        rates = (self.return_rate_**self.config.return_rate_power)[own.indices]
        scores[np.repeat(np.arange(len(histories)), np.diff(own.indptr)), own.indices] += own.data * rates
        return chosen(scores, items)

    def _neighbours(self, shares: Rows, histories: HistoryBatch) -> Neighbours:
        return self.index_.find(scaled_columns(shares, self.rarity_), self.config.n_neighbors, own=histories.user_idx)

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Say how often the person took it, or else how many neighbours did, or else how many people."""
        self.check_fitted("by_user_")
        own = self._shares(histories, len(self.people_))
        found = self._neighbours(own, histories)
        shared = self.index_.shared(own, found.idx)
        times = histories.keep(self.config.weighting().of_events(histories) > 0)
        return [
            self._explain(times.items_of(b), found.idx[b][found.idx[b] >= 0], shared[b], items[b])
            for b in range(len(histories))
        ]

    def _explain(
        self, own: NDArray[np.int32], users: NDArray[np.int32], shared: NDArray[np.int32], items: NDArray[np.int32]
    ) -> list[Reason]:
        took = self.by_user_[users][:, items].toarray() > 0
        reasons = []
        for item, of_item in zip(items, took.T, strict=True):
            if times := int(np.count_nonzero(own == item)):
                reasons.append(Reason(ReasonKind.AGAIN, times=times))
            elif of_item.any():
                several = shared_by_several(shared[: len(users)][of_item])
                reasons.append(Reason(ReasonKind.NEIGHBOURS, people=int(of_item.sum()), shared=several))
            else:
                reasons.append(Reason(ReasonKind.POPULAR, people=int(self.people_[item])))
        return reasons
