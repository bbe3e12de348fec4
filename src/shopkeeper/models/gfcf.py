"""Graph filter: a history is a signal on the graph of products, its strongest directions brought into proportion."""

from typing import Annotated, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Reason, chosen, similar_to
from shopkeeper.data.matrix import Entry
from shopkeeper.estimator import Progress, Scorer, State, TableConfig, ignore
from shopkeeper.kit.sparse import Rows, from_arrays, scaled_columns, scaled_rows, to_arrays
from shopkeeper.kit.svd import truncated_svd
from shopkeeper.kit.tables import times_sparse


class GFCFConfig(TableConfig):
    """Hyper-parameters of `GFCF`."""

    entry: Entry = "binary"
    """What an entry is."""
    factors: Annotated[int, Field(ge=0)] = 64
    """Number of the strongest directions of taste that are treated by themselves, at most a quarter of all; 0 leaves
    the linear filter alone."""
    spectrum_power: Annotated[float, Field(ge=0.0)] = 0.25
    """How unequal those directions stay: 0 makes all as strong as the last of them, 1 changes nothing (the paper)."""
    low_pass: Annotated[float, Field(ge=0.0)] = 0.0
    """Added to the strength of each of those directions: the ideal low-pass of the paper, 0.3 there."""
    user_damping: Annotated[float, Field(ge=0.0)] = 0.5
    """Edges over a user of n products are divided by n ** user_damping; 1 in the paper."""
    item_damping: Annotated[float, Field(ge=0.0)] = 0.45
    """Edges at a product of n users are divided by n ** item_damping; 0.5 in the paper."""
    popularity: float = 0.25
    """The signal is divided by n ** popularity before the filter and multiplied by it after; in the paper 0 for the
    linear filter and 0.5 for the low-pass."""


class GFCF(Scorer[GFCFConfig]):
    """Score a history by a filter on the graph of products.

    score(q) = q D^-popularity (R'R + V diag(f - s^2) V') D^popularity, R = N^(-user_damping / 2) A D^-item_damping the
    normalised interaction matrix, N and D the numbers of products of each user and of users of each product, s and V
    its `factors` leading singular values and right vectors, f = s_last^2 (s / s_last)^(2 spectrum_power) + low_pass.

    R'R passes each frequency in proportion to its strength. With spectrum_power 1 this is GF-CF (Shen et al. 2021);
    below 1 the few tastes that everybody shares no longer drown the rest, which is worth more than the low-pass.
    """

    name = "gfcf"
    Config = GFCFConfig
    cost = "events x factors; each request: the users of each product of the history"
    space: ClassVar = {
        "factors": (0, 32, 64, 128),
        "spectrum_power": (0.0, 0.25, 0.4, 0.5, 1.0),
        "low_pass": (0.0, 0.3),
        "user_damping": (0.5, 0.75, 1.0),
        "item_damping": (0.4, 0.45, 0.5),
        "popularity": (0.0, 0.15, 0.25, 0.35),
        "half_life_events": (None, 2.0),
    }
    by_user_: Rows
    """R, (n_users, n_items)."""
    by_item_: Rows
    """Its transpose."""
    directions_: NDArray[np.float32]
    """V, (n_items, factors)."""
    change_: NDArray[np.float32]
    """f - s^2, (factors,)."""
    popularity_: NDArray[np.float32]
    """D ** popularity, (n_items,)."""

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Normalise the matrix and find its leading singular vectors; the seed decides only where the search starts."""
        config, matrix = self.config, data.matrix(self.config.weighting())
        people = np.maximum(matrix.people, 1.0)
        lengths = np.maximum(np.diff(matrix.by_user.indptr), 1.0)
        edges = scaled_rows(matrix.by_user, lengths ** (-config.user_damping / 2))
        self._set(scaled_columns(edges, people**-config.item_damping))
        rng = rng if rng is not None else default_rng(0)
        factors = min(config.factors, min(self.by_user_.shape) // 4)
        found = truncated_svd(self.by_user_, self.by_item_, factors, rng, on_progress=on_progress)
        self.directions_ = found.right
        strength = np.maximum(found.values, np.finfo(np.float32).tiny) ** 2.0
        flattened = strength[-1:] ** (1 - config.spectrum_power) * strength**config.spectrum_power + config.low_pass
        self.change_ = (flattened - strength).astype(np.float32)
        self.popularity_ = (people**config.popularity).astype(np.float32)
        on_progress(1.0)
        return self

    def _set(self, by_user: Rows) -> None:
        self.by_user_ = by_user
        self.by_item_ = sp.csr_matrix(by_user.T)

    def state(self) -> State:
        """Return the normalised matrix as three arrays, the directions and the popularity."""
        self.check_fitted("by_user_")
        learned = {"directions": self.directions_, "change": self.change_, "popularity": self.popularity_}
        return {**to_arrays(self.by_user_), **learned}

    @classmethod
    def from_state(cls, config: GFCFConfig, state: State) -> Self:
        """Rebuild from `state`."""
        model = cls(config)
        model._set(from_arrays(state, len(state["popularity"])))
        model.directions_ = state["directions"].astype(np.float32)
        model.change_ = state["change"].astype(np.float32)
        model.popularity_ = state["popularity"].astype(np.float32)
        return model

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Filter each history; an empty one is -inf throughout."""
        self.check_fitted("by_user_")
        signal = self._signal(histories)
        scores = times_sparse(sp.csr_matrix(signal @ self.by_item_), self.by_user_)
        scores += (self.change_ * (signal @ self.directions_)) @ self.directions_.T
        scores *= self.popularity_
        scores[scores == 0] = -np.inf
        return chosen(scores, items)

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Name the product of the history that adds most to the score."""
        self.check_fitted("by_user_")
        signal = self._signal(histories)
        because = [self._strongest(signal[b], of_row) for b, of_row in enumerate(items)]
        return similar_to(np.array(because, np.int32).reshape(items.shape))

    def _signal(self, histories: HistoryBatch) -> Rows:
        half_life = self.config.half_life_events
        rows = self.config.weighting().rows(histories, len(self.popularity_), half_life_events=half_life)
        return scaled_columns(rows, 1 / self.popularity_)

    def _strongest(self, signal: Rows, items: NDArray[np.int32]) -> NDArray[np.int32]:
        if not signal.nnz:
            return np.full(len(items), -1, np.int32)
        own = signal.indices
        linear = (self.by_item_[own] @ self.by_item_[items].T).toarray()
        changed = (self.change_ * self.directions_[own]) @ self.directions_[items].T
        shares = (linear + changed) * signal.data[:, None]
        return np.where(shares.max(axis=0) > 0, own[shares.argmax(axis=0)], -1).astype(np.int32)
