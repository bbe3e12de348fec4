"""A synthetic shop of the size of MovieLens 20M: 138k users, 27k products, 20 million ratings."""

import numpy as np
import scipy.sparse as sp

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import EventType
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.vocabulary import Vocabulary


def ratings(
    n_users: int = 138_000, n_items: int = 27_000, n_ratings: int = 20_000_000, seed: int = 0
) -> "sp.csr_matrix[np.float32]":
    """Return users x products with `n_ratings` entries of 1 to 5.

    Popularity falls as (rank + 20)^-0.9, activity is log-normal with at least 20 draws. Draws of the same cell merge:
    a fifth more is drawn, and what is then too much is left out at random.
    """
    rng = np.random.default_rng(seed)
    popularity = (np.arange(n_items) + 20.0) ** -0.9
    activity = rng.lognormal(4.3, 1.1, n_users)
    draws = np.maximum(20, activity * (1.2 * n_ratings / activity.sum())).astype(np.int64)
    user = np.repeat(np.arange(n_users), draws)
    item = rng.choice(n_items, len(user), p=popularity / popularity.sum())
    cells = np.unique(user * n_items + item)
    cells = np.delete(cells, rng.choice(len(cells), max(0, len(cells) - n_ratings), replace=False))
    values = rng.integers(1, 6, len(cells)).astype(np.float32)
    indptr = np.searchsorted(cells, np.arange(n_users + 1) * n_items)
    return sp.csr_matrix((values, (cells % n_items).astype(np.int32), indptr), shape=(n_users, n_items))


def shop(rows: "sp.csr_matrix[np.float32]") -> Dataset:
    """Return users whose events are the entries of their rows, in random order, a minute apart."""
    n_users, n_items = rows.shape
    lengths = np.diff(rows.indptr)
    user = np.repeat(np.arange(n_users), lengths)
    order = np.lexsort((np.random.default_rng(0).random(rows.nnz), user))
    place = np.arange(rows.nnz) - np.repeat(rows.indptr[:-1], lengths)
    histories = HistoryBatch(
        indptr=rows.indptr.astype(np.int64),
        item_idx=rows.indices[order].astype(np.int32),
        type=np.full(rows.nnz, EventType.PURCHASE, np.int8),
        at=(place * 60_000_000).astype(np.int64),
        quantity=np.ones(rows.nnz, np.float32),
        rating=np.full(rows.nnz, np.nan, np.float32),
        as_of=(lengths * 60_000_000).astype(np.int64),
        user_idx=np.arange(n_users, dtype=np.int32),
    )
    return Dataset(Vocabulary(map(str, range(n_users))), Vocabulary(map(str, range(n_items))), histories)
