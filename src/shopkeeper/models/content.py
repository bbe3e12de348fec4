"""Products whose texts resemble those of what this person took: the only way in for what nobody has touched yet."""

from typing import Annotated, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind, chosen
from shopkeeper.estimator import InteractionConfig, Progress, Scorer, ignore
from shopkeeper.kit.texts import text_vectors


class ContentConfig(InteractionConfig):
    """Hyper-parameters of `Content`."""

    factors: Annotated[int, Field(ge=1)] = 128
    """Length of a product's vector."""
    longest: Annotated[int, Field(ge=2, le=8)] = 5
    """Texts are compared by their runs of 2 to so many characters, inside words; languages without spaces work too."""
    least: Annotated[int, Field(ge=1)] = 2
    """A run of characters counts when at least so many products have it."""


class Content(Scorer[ContentConfig]):
    """Score a product by how much its text resembles those of the history.

    score(u, i) = e_i sum over j of r_uj e_j, e the unit vector of a product: latent semantic analysis (Deerwester et
    al. 1990) of the TF-IDF weights of its character n-grams. Products without text are -inf, and so is everything for a
    history without text.
    """

    name = "content"
    Config = ContentConfig
    cost = "letters of all texts"
    knows_texts = True
    completes = False
    space: ClassVar = {"factors": (64, 128, 256), "half_life_days": (None, 7.0, 30.0, 90.0), "entry": ("binary", "log")}
    learned = ("vectors_",)
    vectors_: NDArray[np.float32]

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Read the texts; what people did is not looked at."""
        self.vectors_ = text_vectors(
            data.texts or ("",) * data.n_items,
            self.config.factors,
            rng if rng is not None else default_rng(0),
            longest=self.config.longest,
            least=self.config.least,
            on_progress=on_progress,
        )
        on_progress(1.0)
        return self

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Compare the history's mean text with every product's."""
        profiles, vectors = self.embed(histories), chosen(self.vectors_, items, axis=0)
        scores = np.asarray(profiles @ vectors.T, np.float32)
        scores[:, ~vectors.any(axis=1)] = -np.inf
        scores[np.isnan(profiles).any(axis=1)] = -np.inf
        return scores

    def embed(self, histories: HistoryBatch) -> NDArray[np.float32]:
        """Sum the vectors of the products of each history."""
        self.check_fitted("vectors_")
        return _told(self.config.weighting().rows(histories, len(self.vectors_)) @ self.vectors_)

    def embed_items(self, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return the vectors of the products' texts."""
        self.check_fitted("vectors_")
        return _told(chosen(self.vectors_, items, axis=0))

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Name the product of the history that adds most to the score."""
        self.check_fitted("vectors_")
        rows = self.config.weighting().rows(histories, len(self.vectors_))
        return [self._explain(rows[b], items[b]) for b in range(len(histories))]

    def _explain(self, row: "sp.csr_matrix[np.float32]", items: NDArray[np.int32]) -> list[Reason]:
        if not row.nnz:
            return [Reason(ReasonKind.POPULAR) for _ in items]
        shares = (self.vectors_[row.indices] * row.data[:, None]) @ self.vectors_[items].T
        return [
            Reason(ReasonKind.ALIKE, because=int(row.indices[j])) if share > 0 else Reason(ReasonKind.HISTORY)
            for j, share in zip(shares.argmax(axis=0), shares.max(axis=0), strict=True)
        ]


def _told(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vectors, NaN where there is nothing in them."""
    return np.where(vectors.any(axis=1, keepdims=True), vectors, np.nan)
