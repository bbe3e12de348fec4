"""How good lists are: accuracy per user, and what a shop sees of its catalogue; always over the full catalogue.

`hits`, shape (B, k), says which places of each list hold a product of the truth; `n_truth`, shape (B,), how many there
are to find. All functions return one number per user, shape (B,), except those on the whole catalogue.
"""

from collections.abc import Callable, Mapping

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from shopkeeper.kit.errors import UnknownName
from shopkeeper.kit.sparse import Rows, unit_rows

Hits = NDArray[np.bool_]
PerUser = NDArray[np.float64]
Counts = NDArray[np.int64]
Lists = NDArray[np.int32]


def hit_rate(hits: Hits, _n_truth: Counts) -> PerUser:
    """1 if anything was found."""
    return np.asarray(hits.any(axis=1), np.float64)


def recall(hits: Hits, n_truth: Counts) -> PerUser:
    """Found over all there is to find: |hits| / |truth|."""
    return np.asarray(hits.sum(axis=1) / n_truth, np.float64)


def precision(hits: Hits, _n_truth: Counts) -> PerUser:
    """Found over places: |hits| / k."""
    return np.asarray(hits.mean(axis=1), np.float64)


def average_precision(hits: Hits, n_truth: Counts) -> PerUser:
    """Mean over hits of the precision at their place, over min(k, |truth|); its mean over users is MAP."""
    precisions = np.cumsum(hits, axis=1) / (1 + np.arange(hits.shape[1]))
    return np.asarray((precisions * hits).sum(axis=1) / np.minimum(n_truth, hits.shape[1]), np.float64)


def reciprocal_rank(hits: Hits, _n_truth: Counts) -> PerUser:
    """1 / the place of the first hit, 0 without one; its mean over users is MRR."""
    return np.where(hits.any(axis=1), 1 / (1 + hits.argmax(axis=1)), 0.0)


def ndcg(hits: Hits, n_truth: Counts) -> PerUser:
    """Sum over hits of 1 / log2(1 + place), over that of the best list of k (Järvelin and Kekäläinen 2002)."""
    discounts = 1 / np.log2(2 + np.arange(hits.shape[1]))
    ideal = np.cumsum(discounts)[np.minimum(n_truth, hits.shape[1]) - 1]
    return np.asarray((hits * discounts).sum(axis=1) / ideal, np.float64)


ACCURACY: Mapping[str, Callable[[Hits, Counts], PerUser]] = {
    "hr": hit_rate,
    "recall": recall,
    "precision": precision,
    "map": average_precision,
    "mrr": reciprocal_rank,
    "ndcg": ndcg,
}


def parse(metric: str) -> tuple[str, int]:
    """Return the name and the length of list of a metric such as `ndcg@10`."""
    name, _, k = metric.partition("@")
    if name not in ACCURACY or not (k.isdecimal() and int(k)):
        raise UnknownName("metric", metric, [f"{known}@10" for known in ACCURACY])
    return name, int(k)


def novelty(lists: Lists, people: NDArray[np.int32], n_users: int) -> PerUser:
    """Mean over the list of -log2 p, p the share of users who have the product (Zhou et al. 2010).

    A product that nobody has counts as if one in n_users + 1 had it.
    """
    information = -np.log2(np.maximum(people, n_users / (n_users + 1)) / max(1, n_users))
    filled = lists >= 0
    sums = np.where(filled, information[lists], 0).sum(axis=1)
    return np.asarray(sums / np.maximum(1, filled.sum(axis=1)), np.float64)


def intra_list_distance(lists: Lists, by_item: Rows) -> PerUser:
    """Mean over pairs of the list of 1 - the cosine of their users (Ziegler et al. 2005); 0 for a list of one.

    sum over pairs of cosines = (|sum of the unit rows|^2 - number of rows that are not empty) / 2.
    """
    units = unit_rows(by_item)
    row, place = np.nonzero(lists >= 0)
    picked = sp.csr_matrix(
        (np.ones(len(row), np.float32), (row, lists[row, place])), shape=(len(lists), units.shape[0])
    )
    sums = picked @ units
    squared = np.bincount(np.repeat(np.arange(len(lists)), np.diff(sums.indptr)), sums.data**2, len(lists))
    present = picked @ (np.diff(units.indptr) > 0).astype(np.float64)
    n = (lists >= 0).sum(axis=1)
    pairs = np.maximum(1, n * (n - 1) / 2)
    return np.where(n > 1, 1 - (squared - present) / 2 / pairs, 0.0)


def repeat_share(lists: Lists, seen: Rows) -> PerUser:
    """Share of the list that the user already had."""
    return np.asarray(held(lists, seen).sum(axis=1) / np.maximum(1, (lists >= 0).sum(axis=1)), np.float64)


def coverage(lists: Lists, n_items: int) -> float:
    """Share of the catalogue that is in at least one list."""
    return len(np.unique(lists[lists >= 0])) / max(1, n_items)


def gini(lists: Lists, n_items: int) -> float:
    """Gini coefficient of how often each product is shown: 0 all alike, 1 always the same one."""
    shown = np.sort(np.bincount(lists[lists >= 0], minlength=n_items)).astype(np.float64)
    if not shown.sum():
        return 0.0
    return float((2 * np.arange(1, n_items + 1) - n_items - 1) @ shown / (n_items * shown.sum()))


def held(lists: Lists, sets: Rows) -> Hits:
    """Return which places hold a product of the row's set, shape (B, k)."""
    rows = np.repeat(np.arange(len(lists)), lists.shape[1])
    cells = rows * sets.shape[1] + np.maximum(lists, 0).ravel()
    members = np.repeat(np.arange(sets.shape[0]), np.diff(sets.indptr)) * sets.shape[1] + sets.indices
    return np.isin(cells, members).reshape(lists.shape) & (lists >= 0)
