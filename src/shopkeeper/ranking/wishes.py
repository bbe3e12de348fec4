"""What a person said about lists: less of this, and more that is new to them."""

from collections.abc import Collection, Iterable

import numpy as np

from shopkeeper.data.catalog import LEVELS
from shopkeeper.data.columns import Columns, Mask
from shopkeeper.data.history import HistoryBatch
from shopkeeper.ranking.candidates import Candidates

_CATEGORIES = "categories"


def unwanted(columns: Columns, item_ids: Collection[str], categories: Collection[str]) -> Mask:
    """Return what a person wants less of, shape (n_items,): products, what shares their category, and categories."""
    known = columns.items.indices(list(item_ids))
    own = known[known >= 0]
    found = _in(columns, {*categories, *(path for item in own.tolist() for path in columns.products[item].categories)})
    found[own] = True
    return found


def unfamiliar(columns: Columns, history: HistoryBatch) -> Mask:
    """Return the products that have a category, and none that a person turned to, shape (n_items,)."""
    paths = {path for item in history.item_idx.tolist() for path in columns.products[item].categories}
    texts = columns.texts(_CATEGORIES)
    return texts.where((True for _ in texts.values), len(columns)) & ~_in(columns, paths)


def renewed(found: Candidates, is_new: Mask, share: float, n: int) -> Candidates:
    """Return the candidates with a share of the first n that is new, or more, spread evenly, as far as there is any."""
    fresh = is_new[found.item_idx]
    best, new = iter(range(len(found))), iter(np.flatnonzero(fresh).tolist())
    chosen: dict[int, None] = {}
    n_new = 0
    for place in range(1, min(n, len(found)) + 1):
        wanted = new if n_new < int(share * place) else best
        # Where nothing new is left, the best is next.
        row = _next(wanted, chosen)
        row = _next(best, chosen) if row is None else row
        if row is None:
            break
        chosen[row] = None
        n_new += int(fresh[row])
    rest = (row for row in range(len(found)) if row not in chosen)
    return found.take(np.array([*chosen, *rest], np.int64))


def _next(rows: Iterable[int], taken: Collection[int]) -> int | None:
    return next((row for row in rows if row not in taken), None)


def _in(columns: Columns, paths: Collection[str]) -> Mask:
    """Return the products in some categories, or in what lies below them."""
    texts, roots = columns.texts(_CATEGORIES), tuple(path + LEVELS for path in paths)
    return texts.where(((path + LEVELS).startswith(roots) for path in texts.values), len(columns))
