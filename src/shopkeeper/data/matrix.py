"""The interaction matrix: users x items, an entry is the number (or weight) of interactions."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from shopkeeper.data.events import INTERACTIONS, EventType
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.kit.cells import cells_of
from shopkeeper.kit.errors import InvalidInput

Entry = Literal["count", "binary", "log", "rating"]
_LARGEST_RATING = 1_000_000


@dataclass(frozen=True, slots=True)
class Weighting:
    """How events become entries of the matrix.

    An entry is the sum over the events of one person with one product of
    `types[type] * 2 ** (-age_days / half_life_days)`: with the defaults, the number of interactions.
    """

    entry: Entry = "count"
    """count: the sum itself; binary: 1, or less where it is believed less; log: ln(1 + sum); rating: the newest
    explicit rating, if above zero."""
    half_life_days: float | None = None
    """Age at which an event weighs half, counted back from `HistoryBatch.as_of`; None: no decay."""
    types: tuple[tuple[EventType, float], ...] = tuple((kind, 1.0) for kind in INTERACTIONS)
    """Weight of each event type; types not named weigh nothing and leave no entry."""

    def __post_init__(self) -> None:
        if self.half_life_days is not None and not self.half_life_days > 0:
            raise InvalidInput(f"half_life_days must be above zero, not {self.half_life_days}")
        if any(not 0 <= weight < np.inf for _, weight in self.types):
            raise InvalidInput("weights of event types must be zero or above, and finite")

    def of_events(self, histories: HistoryBatch) -> NDArray[np.float32]:
        """Return the weight of each event, shape (n,); 0 for events that do not count."""
        by_type = np.zeros(max(EventType) + 1, np.float32)
        for kind, weight in self.types:
            by_type[kind] = weight
        weights = by_type[histories.type]
        if self.half_life_days is not None:
            age_days = np.maximum(histories.ages_us, 0) / DAY_US
            weights = weights * np.exp2(-age_days / self.half_life_days).astype(np.float32)
        if histories.trust is not None:
            weights = weights * histories.trust
        return weights.astype(np.float32)

    def rows(
        self,
        histories: HistoryBatch,
        n_items: int,
        *,
        times: NDArray[np.floating] | None = None,
        half_life_events: float | None = None,
    ) -> "sp.csr_matrix[np.float32]":
        """Return the histories as matrix rows, shape (B, n_items), columns sorted, no stored zeros.

        `times`, shape (n,), is a model's own factor of each event, zero or above. With `half_life_events` a finished
        entry is multiplied by 2 ** (-n / half_life_events), n the number of events of the row that came after the
        newest one of the entry.
        """
        histories.check(n_items)
        weights = self.of_events(histories)
        if times is not None:
            weights = (weights * times).astype(np.float32)
        if self.entry == "rating":
            weights = np.where(np.isnan(histories.rating), np.float32(0), weights)
            if np.abs(histories.rating[weights > 0]).max(initial=0) > _LARGEST_RATING:
                raise InvalidInput(f"ratings must be finite, and {_LARGEST_RATING:,} at most")
        cells = cells_of(histories.indptr, histories.item_idx, weights)
        if self.entry == "rating":
            values = histories.rating[cells.last]
        elif self.entry == "binary":
            values = np.ones_like(cells.total)
            if histories.trust is not None:
                believed = np.where(weights > 0, histories.trust, 0).astype(np.float32)
                values = np.minimum(cells_of(histories.indptr, histories.item_idx, believed).total, 1)
        else:
            values = np.log1p(cells.total) if self.entry == "log" else cells.total
        if half_life_events is not None:
            values = (values * np.exp2(-histories.n_later[cells.last] / half_life_events)).astype(np.float32)
        indptr, column = cells.indptr, cells.column
        # A rating of zero or below is no interaction, and what decayed to nothing is gone.
        left: NDArray[np.bool_] = values > 0
        if not left.all():
            indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(left, dtype=np.int64)))[indptr]
            values, column = values[left], column[left]
        return sp.csr_matrix((values, column, indptr), shape=(len(histories), n_items))


@dataclass(frozen=True, slots=True, eq=False)
class InteractionMatrix:
    """Both ways to read one matrix, each with its own contiguous rows; never a bare transpose."""

    by_user: "sp.csr_matrix[np.float32]"
    """(n_users, n_items): the products of each user."""
    by_item: "sp.csr_matrix[np.float32]"
    """(n_items, n_users): the users of each product."""

    @classmethod
    def of(cls, by_user: "sp.csr_matrix[np.float32]") -> "InteractionMatrix":
        """Complete a matrix given by user with its reading by item."""
        by_item = sp.csr_matrix(by_user.T.tocsr())
        by_item.sort_indices()
        return cls(by_user, by_item)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_users, n_items)."""
        return (self.by_user.shape[0], self.by_user.shape[1])

    @property
    def people(self) -> NDArray[np.int32]:
        """Number of users of each product, shape (n_items,)."""
        return np.diff(self.by_item.indptr).astype(np.int32)

    @property
    def popularity(self) -> NDArray[np.float32]:
        """Sum over users u of min(1, r_ui), shape (n_items,): one person's hundred orders make no best-seller."""
        capped = np.minimum(self.by_user.data, 1.0)
        return np.bincount(self.by_user.indices, weights=capped, minlength=self.shape[1]).astype(np.float32)

    @property
    def density(self) -> float:
        """Share of the cells that hold an entry."""
        return float(self.by_user.nnz / max(1, self.shape[0] * self.shape[1]))
