"""The 50 most similar products of every product, which is an item-kNN's fit, next to four others.

All in one run, from the same ratings, users x products, to cosines; with the same number of threads. implicit and
LensKit fit their own models; LensKit's subtracts each product's mean first, which changes the entries and not their
number. Rounds alternate; a figure is the median of the ratio within a round. LensKit brings torch, gigabytes of it, and
is timed where it is installed:

    python -m venv .lenskit
    .lenskit/bin/pip install -r requirements.lock -r benchmarks/requirements.txt -r benchmarks/requirements-lenskit.txt
    .lenskit/bin/python -m benchmarks.speed.item_neighbours
"""

import argparse
import os
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

import numpy as np
import scipy.sparse as sp
from implicit.nearest_neighbours import CosineRecommender  # type: ignore[import-not-found]
from sklearn.neighbors import NearestNeighbors
from sparse_dot_topn import sp_matmul_topn  # type: ignore[import-not-found]

from benchmarks.record import in_turns, write
from benchmarks.speed.synthetic import ratings
from shopkeeper.kit.sparse import RowIndex, Rows, unit_rows

K, REACH = 50, 2.0
THREADS = os.cpu_count() or 1


def ours(rows: Rows) -> None:
    items = sp.csr_matrix(rows.T)
    RowIndex(items).find(items, K, own=np.arange(items.shape[0], dtype=np.int32))


def with_implicit(rows: Rows) -> None:
    CosineRecommender(K=K, num_threads=THREADS).fit(rows, show_progress=False)


def with_scikit_learn(rows: Rows) -> None:
    items = sp.csr_matrix(rows.T)
    NearestNeighbors(n_neighbors=K + 1, metric="cosine", algorithm="brute", n_jobs=THREADS).fit(items).kneighbors()


def with_sparse_dot_topn(rows: Rows) -> None:
    items = unit_rows(sp.csr_matrix(rows.T))
    sp_matmul_topn(items, sp.csr_matrix(items.T), top_n=K + 1, n_threads=THREADS)


def with_lenskit(rows: Rows) -> Callable[[Rows], None]:
    """Return LensKit's fit, with the data already in its own form."""
    import pandas as pd  # type: ignore[import-untyped]
    from lenskit.data import from_interactions_df  # type: ignore[import-not-found]
    from lenskit.knn import ItemKNNScorer  # type: ignore[import-not-found]

    user = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    data = from_interactions_df(pd.DataFrame({"user_id": user, "item_id": rows.indices, "rating": rows.data}))
    return lambda _: ItemKNNScorer(max_nbrs=K, save_nbrs=K, feedback="explicit").train(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    rows = ratings(40_000, 10_000, args.ratings)
    fits: dict[str, Callable[[Rows], None]] = {
        "ours": ours,
        "implicit": with_implicit,
        "scikit-learn": with_scikit_learn,
        "sparse_dot_topn": with_sparse_dot_topn,
    }
    if find_spec("lenskit"):
        fits["LensKit"] = with_lenskit(rows)
    ours(rows)
    turns = in_turns({name: partial(fit, rows) for name, fit in fits.items()}, args.rounds)
    row = f"item neighbours, {rows.shape[1]} products, {rows.nnz / 1e6:.1f} M entries, the {K} best"
    command = "python -m benchmarks.speed.item_neighbours"
    peers = list(fits)[1:]
    print(write("speed", "item_neighbours", [turns.times_faster(row, peer, command, reach=REACH) for peer in peers]))


if __name__ == "__main__":
    main()
