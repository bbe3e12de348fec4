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
from shopkeeper.kit.svd import truncated_svd


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
    personalised = False
    space: ClassVar = {"factors": (64, 128, 256), "half_life_days": (None, 7.0, 30.0, 90.0), "entry": ("binary", "log")}
    learned = ("vectors_",)
    vectors_: NDArray[np.float32]

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Read the texts; what people did is not looked at."""
        weights = self._weights(data.texts or ("",) * data.n_items)
        columns = sp.csr_matrix(weights.T)
        rng = rng if rng is not None else default_rng(0)
        found = truncated_svd(weights, columns, self.config.factors, rng, on_progress=on_progress)
        vectors = weights @ found.right
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        self.vectors_ = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-6)
        on_progress(1.0)
        return self

    def _weights(self, texts: tuple[str, ...]) -> "sp.csr_matrix[np.float32]":
        """Return ln(1 + count) ln(n / with it), rows of unit length."""
        # Loaded here: it takes a second, and whoever only serves never needs it.
        from sklearn.feature_extraction.text import TfidfVectorizer

        reader = TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=(2, self.config.longest),
            min_df=self.config.least,
            sublinear_tf=True,
            dtype=np.float32,
        )
        try:
            return sp.csr_matrix(reader.fit_transform(texts))
        except ValueError:  # of a shop whose texts have nothing in common
            return sp.csr_matrix(np.zeros((len(texts), 1), np.float32))

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Compare the history's mean text with every product's."""
        self.check_fitted("vectors_")
        profiles = self.config.weighting().rows(histories, len(self.vectors_)) @ self.vectors_
        scores = np.asarray(profiles @ self.vectors_.T, np.float32)
        scores[:, ~self.vectors_.any(axis=1)] = -np.inf
        scores[~profiles.any(axis=1)] = -np.inf
        return chosen(scores, items)

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Name the product of the history that is most alike."""
        self.check_fitted("vectors_")
        return [self._explain(histories.items_of(b), items[b]) for b in range(len(histories))]

    def _explain(self, own: NDArray[np.int32], items: NDArray[np.int32]) -> list[Reason]:
        if not len(own):
            return [Reason(ReasonKind.POPULAR) for _ in items]
        nearest = (self.vectors_[own] @ self.vectors_[items].T).argmax(axis=0)
        return [Reason(ReasonKind.ALIKE, because=int(own[j])) for j in nearest]
