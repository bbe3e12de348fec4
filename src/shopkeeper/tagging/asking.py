"""Which texts to ask a person about: those whose answer tells most, and not the same thing twice."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.sparse import Rows, take_rows

Floats = NDArray[np.floating]

_LOOKED_AT = 10
"""For each that is asked, so many of the most unsure are looked at."""


def most_telling(p: Floats, rows: Rows, n: int, traffic: Floats | None = None) -> NDArray[np.int64]:
    """Return which n of the texts to ask about, the first first.

    p, (n_texts, n_classes), is what is said of them, and rows what is known of them. How unsure a text is: 1 minus what
    lies between its two likeliest classes (margin sampling, Scheffer et al. 2001), times the root of how often it is
    seen. Then, one after the other, each is the most unsure after what it shares with those before it is taken off.
    """
    best = np.sort(p, axis=1)[:, ::-1]
    unsure = 1 - (best[:, 0] - (best[:, 1] if p.shape[1] > 1 else 0))
    if traffic is not None:
        unsure = unsure * np.sqrt(1 + traffic)
    order = np.argsort(-unsure, kind="stable")[: _LOOKED_AT * n]
    looked_at, left = take_rows(rows, order), unsure[order].astype(np.float64)
    length = np.sqrt(np.maximum(np.bincount(_row_of(looked_at), looked_at.data**2, len(order)), 1e-12))
    alike, chosen = np.zeros(len(order)), []
    for _ in range(min(n, len(order))):
        place = int(np.argmax(left * (1 - alike)))
        chosen.append(place)
        left[place] = -1.0
        shared = looked_at @ take_rows(looked_at, np.array([place])).toarray().ravel()
        alike = np.maximum(alike, shared / (length * length[place]))
    return order[chosen]


def _row_of(rows: Rows) -> NDArray[np.int64]:
    return np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
