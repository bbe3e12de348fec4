"""Vectors of texts in any language: latent semantic analysis of their runs of characters."""

from collections.abc import Callable, Sequence

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.svd import truncated_svd
from shopkeeper.kit.topk import top_k

Array = NDArray[np.float32]

_AT_ONCE = 1024


def text_vectors(
    texts: Sequence[str],
    factors: int,
    rng: Generator,
    *,
    longest: int = 5,
    least: int = 2,
    on_progress: Callable[[float], None],
) -> Array:
    """Return unit vectors, shape (n_texts, factors); zeros where nothing is known of a text.

    Latent semantic analysis (Deerwester et al. 1990) of the TF-IDF weights of all runs of 2 to `longest` characters
    inside words that at least `least` texts have; languages without spaces work too.
    """
    weights = _weights(texts, longest, least)
    found = truncated_svd(weights, sp.csr_matrix(weights.T), factors, rng, on_progress=on_progress)
    vectors = weights @ found.right
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Array = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-6)
    return units


def resembling(asked: Array, known: Array, values: Array, k: int) -> Array:
    """Return the mean of the values of the k most alike of `known`, weighted by likeness, shape (len(asked), d).

    asked, (A, f), and known, (K, f), are unit vectors, values is (K, d); zeros where nothing is alike.
    """
    found = np.zeros((len(asked), values.shape[1]), np.float32)
    for first in range(0, len(asked), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        best = top_k(asked[part] @ known.T, min(k, len(known)))
        likeness = np.where(best.idx >= 0, np.maximum(best.value, 0), 0)
        total = np.maximum(likeness.sum(axis=1), np.float32(1e-6))
        found[part] = np.einsum("ak,akd->ad", likeness, values[np.maximum(best.idx, 0)]) / total[:, None]
    return found


def _weights(texts: Sequence[str], longest: int, least: int) -> "sp.csr_matrix[np.float32]":
    """Return ln(1 + count) ln(n / with it), rows of unit length."""
    # Loaded here: it takes a second, and whoever only serves never needs it.
    from sklearn.feature_extraction.text import TfidfVectorizer

    reader = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, longest), min_df=least, sublinear_tf=True, dtype=np.float32
    )
    try:
        return sp.csr_matrix(reader.fit_transform(texts))
    except ValueError:  # of texts that have nothing in common
        return sp.csr_matrix(np.zeros((len(texts), 1), np.float32))
