"""A shop whose right answers are known."""

import numpy as np

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.vocabulary import Vocabulary


def dataset(rows: list[list[int]], n_items: int) -> Dataset:
    """Return users `u0, u1, ...` who took these products of `i0, i1, ...`, oldest first, a microsecond apart."""
    users = Vocabulary(f"u{user}" for user in range(len(rows)))
    items = Vocabulary(f"i{item}" for item in range(n_items))
    return Dataset(users, items, HistoryBatch.of(rows, user_idx=range(len(rows))))


def checkerboard(size: int = 50) -> Dataset:
    """Return a shop where even users took every even product and odd users every odd one, except one each.

    User u has not taken product u, and that alone is what a good model recommends to them; the idea is that of the
    tests of implicit (Frederickson).
    """
    return dataset([[i for i in range(u % 2, size, 2) if i != u] for u in range(size)], size)


def random_shop(n_users: int = 80, n_items: int = 40, *, seed: int = 0) -> Dataset:
    """Return a shop with repeat purchases, empty histories and products that nobody took."""
    rng = np.random.default_rng(seed)
    popularity = 1 / (1 + np.arange(n_items - 2))
    lengths = rng.integers(0, 12, n_users)
    rows = [rng.choice(n_items - 2, length, p=popularity / popularity.sum()).tolist() for length in lengths]
    return dataset(rows, n_items)


def smallest_shops() -> list[Dataset]:
    """Return shops with hardly anything in them, where a model finds its divisions by zero."""
    return [
        dataset([], 0),  # nothing at all
        dataset([], 3),  # nobody
        dataset([[0]], 1),  # one user, one product, one event
        dataset([[0, 1, 1], [0, 1, 1], []], 3),  # all the same, two products alike
    ]
