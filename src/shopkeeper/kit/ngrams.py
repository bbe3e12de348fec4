"""Texts as counts of hashed pieces: words, pairs of words, and runs of characters inside words."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled
from shopkeeper.kit.sparse import Rows

SHORTEST, LONGEST = 2, 5
"""Characters of a run, the space at either end of a word counted in."""

_AT_ONCE = 8_192
_SPACE = 32
_PRIME = np.uint64(0x100000001B3)
_START = np.uint64(0xCBF29CE484222325)
_RUN, _WORD, _PAIR, _SIGN = (
    np.uint64(seed) for seed in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B1, 0x27D4EB2F)
)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_HALF = np.uint64(33)


def hashed_ngrams(texts: Sequence[str], bits: int) -> Rows:
    """Return how often each text has each of 2^bits pieces, shape (n_texts, 2^bits).

    Words are parted by single spaces. A character of a script without spaces (kana, Han) is a word as well.
    """
    parts = [_counts(texts[first : first + _AT_ONCE], bits) for first in range(0, max(1, len(texts)), _AT_ONCE)]
    return parts[0] if len(parts) == 1 else sp.csr_matrix(sp.vstack(parts, "csr"))


def _counts(texts: Sequence[str], bits: int) -> Rows:
    spaced = [f" {text} " if text else "" for text in texts]
    codes = np.frombuffer("".join(spaced).encode("utf-32-le", "replace"), np.uint32)
    ends = np.cumsum([0, *map(len, spaced)], dtype=np.int64)
    most = (LONGEST - SHORTEST + 4) * len(codes)
    pieces, n_pieces = np.empty(most, np.int32), np.zeros(len(texts), np.int64)
    _cut(codes, ends, np.uint64((1 << bits) - 1), pieces, n_pieces)
    starts = np.r_[0, np.cumsum(n_pieces)]
    idx, count, indptr = _counted(pieces, starts)
    return sp.csr_matrix((count, idx, indptr), (len(texts), 1 << bits))


@compiled
def _has_no_spaces(code: int) -> bool:
    """Tell whether it is kana, Han or the like."""
    return (
        0x3040 <= code <= 0x30FF or 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF
    )


@compiled
def _place(value: np.uint64, mask: np.uint64) -> np.uint64:
    """Return the bucket of a hash: its upper bits mixed into the lower (as murmur3 ends)."""
    value ^= value >> _HALF
    value *= _MIX
    value ^= value >> _HALF
    return value & mask


@compiled
def _cut(
    codes: NDArray[np.uint32],
    ends: NDArray[np.int64],
    mask: np.uint64,
    pieces: NDArray[np.int32],
    n_pieces: NDArray[np.int64],
) -> None:
    """Write the buckets of all pieces, text after text (FNV-1a over code points, a start of its own for each kind)."""
    n = 0
    for text in range(len(ends) - 1):
        before, first, end = np.uint64(0), n, ends[text + 1]
        at = ends[text] + 1
        while at < end:
            word, stop = _START ^ _WORD, at
            while codes[stop] != _SPACE:
                word = (word ^ np.uint64(codes[stop])) * _PRIME
                if _has_no_spaces(codes[stop]):
                    pieces[n] = _place((_START ^ _SIGN ^ np.uint64(codes[stop])) * _PRIME, mask)
                    n += 1
                stop += 1
            pieces[n] = _place(word, mask)
            n += 1
            if before:
                pieces[n] = _place((before ^ _PAIR) * _PRIME ^ word, mask)
                n += 1
            before = word
            for start in range(at - 1, stop):
                run = _START ^ _RUN
                for place in range(start, min(start + LONGEST, stop + 1)):
                    run = (run ^ np.uint64(codes[place])) * _PRIME
                    if place > start:
                        pieces[n] = _place(run, mask)
                        n += 1
            at = stop + 1
        n_pieces[text] = n - first


@compiled
def _counted(
    pieces: NDArray[np.int32], starts: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int64]]:
    """Return the pieces of each text in order, each once, with how often it came."""
    idx, count = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.float32)
    indptr, n = np.zeros(len(starts), np.int64), 0
    for text in range(len(starts) - 1):
        own = np.sort(pieces[starts[text] : starts[text + 1]])
        for place in range(len(own)):
            if place and own[place] == own[place - 1]:
                count[n - 1] += 1
            else:
                idx[n], count[n] = own[place], 1
                n += 1
        indptr[text + 1] = n
    return idx[:n], count[:n], indptr
