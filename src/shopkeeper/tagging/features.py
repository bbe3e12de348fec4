"""Texts as rows of numbers: weighted pieces of words, and beside them the vectors of an encoder where there is one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from shopkeeper.estimator import State
from shopkeeper.kit.ngrams import hashed_ngrams
from shopkeeper.kit.sparse import Rows
from shopkeeper.tagging.encoder import Encoder
from shopkeeper.tagging.texts import clean, words

Vectors = NDArray[np.float32]

_CONSTANT = 0.3
"""The value of the column that every row has, whose weights say how common a class is."""
_FEW = 200
"""Texts below which a piece that only one of them has is kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The hashed pieces that texts are told apart by, and what each weighs (TF-IDF, Salton and Buckley 1988)."""

    bits: int
    bucket: NDArray[np.int32]
    """(n_pieces,), rising."""
    idf: NDArray[np.float32]
    """(n_pieces,), the root of ln(n / with it) + 1: the plain one makes too much of what is rare."""

    @classmethod
    def of(cls, counts: Rows, most: int) -> "Pieces":
        """Learn from counts, (n, 2^bits), keeping the `most` common pieces, and of many texts none that one has."""
        n, n_buckets = counts.shape
        having = np.bincount(counts.indices, minlength=n_buckets)
        bucket = np.flatnonzero(having >= (1 if n < _FEW else 2))
        if len(bucket) > most:
            bucket = np.sort(bucket[np.argsort(-having[bucket], kind="stable")[:most]])
        idf = np.sqrt(np.log(n / having[bucket]) + 1)
        return cls(n_buckets.bit_length() - 1, bucket.astype(np.int32), idf.astype(np.float32))

    def rows(self, counts: Rows) -> Rows:
        """Return (1 + ln count) idf of each text, of length 1, and 0 where no piece is known, (n, n_pieces)."""
        column = np.full(1 << self.bits, -1, np.int32)
        column[self.bucket] = np.arange(len(self.bucket), dtype=np.int32)
        own = column[counts.indices]
        known = own >= 0
        indptr = np.r_[0, np.cumsum(known)][counts.indptr]
        own = own[known]
        value = (1 + np.log(counts.data[known])) * self.idf[own]
        n_of = np.diff(indptr)
        squares = np.add.reduceat(np.r_[value, 0] ** 2, indptr[:-1])
        value /= np.repeat(np.sqrt(squares), n_of)
        return sp.csr_matrix((value.astype(np.float32), own, indptr), (counts.shape[0], len(self.bucket)))


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What is known of a text: its pieces, a constant, and its vector, seen from the mean of all texts."""

    pieces: Pieces
    encoder: Encoder | None
    centre: Vectors
    """(d,); empty without an encoder."""
    weight: float
    """Length of a vector, where that of the pieces is 1; both are then made smaller, so that the whole is 1."""

    @classmethod
    def fit(
        cls, texts: Sequence[str], names: Sequence[str], encoder: Encoder | None, *, bits: int, most: int, weight: float
    ) -> tuple["Features", Rows, Rows]:
        """Learn from texts and the names of categories; return the rows of both too.

        Texts are alike in that they are titles of products, and names in that they are names: each is seen from the
        mean of its own, so that what is left is what they are about.
        """
        counts = _counted([*texts, *names], bits)
        pieces, n = Pieces.of(counts, most), len(texts)
        rows = pieces.rows(counts)
        if encoder is None:
            features = cls(pieces, None, np.empty(0, np.float32), 0.0)
            return features, features._joined(rows[:n], None), features._joined(rows[n:], None)
        of_texts, of_names = encoder.encode(texts), encoder.encode(names)
        features = cls(pieces, encoder, (of_texts if n else of_names).mean(axis=0), weight)
        of_names = of_names - of_names.mean(axis=0) + features.centre
        return features, features._joined(rows[:n], of_texts), features._joined(rows[n:], of_names)

    def rows(self, texts: Sequence[str]) -> tuple[Rows, NDArray[np.bool_]]:
        """Return a row for each text, (n, n_features), and whether anything is known of it."""
        pieces = self.pieces.rows(_counted(texts, self.pieces.bits))
        vectors = self.encoder.encode(texts) if self.encoder else None
        known = np.diff(pieces.indptr) > 0
        return self._joined(pieces, vectors), known if vectors is None else known | vectors.any(axis=1)

    def _joined(self, pieces: Rows, vectors: Vectors | None) -> Rows:
        whole = np.float32((1 + self.weight**2) ** -0.5)
        parts = [pieces * whole, sp.csr_matrix(np.full((pieces.shape[0], 1), _CONSTANT, np.float32))]
        if vectors is not None:
            seen = np.where(vectors.any(axis=1, keepdims=True), vectors - self.centre, 0)
            lengths = np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), np.float32(1e-6))
            parts.append(sp.csr_matrix(seen / lengths * np.float32(self.weight) * whole))
        return sp.csr_matrix(sp.hstack(parts, "csr"), dtype=np.float32)

    def state(self) -> State:
        """Return what was learned, without the encoder."""
        told = {"bucket": self.pieces.bucket, "idf": self.pieces.idf, "centre": self.centre}
        return told | {"bits": np.array(self.pieces.bits), "encoder_weight": np.array(self.weight)}

    @classmethod
    def from_state(cls, state: State, encoder: Encoder | None) -> "Features":
        """Rebuild what `state` returned."""
        bucket, idf = np.asarray(state["bucket"], np.int32), np.asarray(state["idf"], np.float32)
        centre, weight = np.asarray(state["centre"], np.float32), float(state["encoder_weight"])
        return cls(Pieces(int(state["bits"]), bucket, idf), encoder, centre, weight)


def _counted(texts: Sequence[str], bits: int) -> Rows:
    return hashed_ngrams([words(clean(text)) for text in texts], bits)
