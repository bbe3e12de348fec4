"""Texts as rows of numbers: weighted pieces of words, and beside them the vectors of an encoder where there is one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from shopkeeper.kit.ngrams import hashed_ngrams
from shopkeeper.kit.sparse import Rows
from shopkeeper.tagging.texts import clean, words

_CONSTANT = 0.3
"""The value of the column that every row has, whose weights say how common a class is."""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The hashed pieces that texts are told apart by, and what each weighs (TF-IDF, Salton and Buckley 1988)."""

    bits: int
    bucket: NDArray[np.int32]
    """(n_pieces,), rising."""
    idf: NDArray[np.float32]
    """(n_pieces,), ln(n / with it) + 1."""

    @classmethod
    def of(cls, texts: Sequence[str], bits: int, most: int) -> tuple["Pieces", Rows]:
        """Learn from texts, keeping the `most` common pieces; return them with the counts."""
        counts = hashed_ngrams([words(clean(text)) for text in texts], bits)
        having = np.bincount(counts.indices, minlength=1 << bits)
        bucket = np.flatnonzero(having)
        if len(bucket) > most:
            bucket = np.sort(np.argsort(-having, kind="stable")[:most])
        idf = np.log(len(texts) / having[bucket]) + 1
        return cls(bits, bucket.astype(np.int32), idf.astype(np.float32)), counts

    def rows(self, texts: Sequence[str]) -> Rows:
        """Return a row of length 1 for each text, and of length 0 where no piece is known, (n, n_pieces)."""
        return self.weighted(hashed_ngrams([words(clean(text)) for text in texts], self.bits))

    def weighted(self, counts: Rows) -> Rows:
        """Return (1 + ln count) idf, of length 1."""
        column = np.full(1 << self.bits, -1, np.int32)
        column[self.bucket] = np.arange(len(self.bucket), dtype=np.int32)
        own = column[counts.indices]
        known = own >= 0
        n_known = np.r_[0, np.cumsum(known)]
        own, indptr = own[known], n_known[counts.indptr]
        value = (1 + np.log(counts.data[known])) * self.idf[own]
        lengths = np.sqrt(np.add.reduceat(np.r_[value, 0] ** 2, indptr[:-1]))
        lengths[np.diff(indptr) == 0] = 1
        value /= np.repeat(lengths, np.diff(indptr))
        return sp.csr_matrix((value.astype(np.float32), own, indptr), (counts.shape[0], len(self.bucket)))


def joined(pieces: Rows, vectors: NDArray[np.float32] | None, weight: float) -> Rows:
    """Return the pieces beside the vectors, which weigh so much, and a column of the same value everywhere."""
    parts = [pieces, sp.csr_matrix(np.full((pieces.shape[0], 1), _CONSTANT, np.float32))]
    if vectors is not None:
        parts.append(sp.csr_matrix(vectors * np.float32(weight)))
    return sp.csr_matrix(sp.hstack(parts, "csr"), dtype=np.float32)
