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
from importlib.util import find_spec
from time import perf_counter, sleep

import numpy as np
import scipy.sparse as sp
from implicit.nearest_neighbours import CosineRecommender  # type: ignore[import-not-found]
from sklearn.neighbors import NearestNeighbors
from sparse_dot_topn import sp_matmul_topn  # type: ignore[import-not-found]

from benchmarks.record import Row, peak_mb, write
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
    contenders: dict[str, Callable[[Rows], None]] = {
        "ours": ours,
        "implicit": with_implicit,
        "scikit-learn": with_scikit_learn,
        "sparse_dot_topn": with_sparse_dot_topn,
    }
    if find_spec("lenskit"):
        contenders["LensKit"] = with_lenskit(rows)
    ours(rows)
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(args.rounds):
        for name, fit in contenders.items():
            sleep(0.5)  # until the threads of whoever ran before have stopped waiting busily for more
            start = perf_counter()
            fit(rows)
            times[name].append(perf_counter() - start)
    results = []
    for name in list(contenders)[1:]:
        ratio = np.array(times[name]) / np.array(times["ours"])
        print(f"{name}: {np.median(times[name]):.2f} s, we {np.median(ratio):.1f}x faster")
        results.append(
            Row(
                row=f"item neighbours, {rows.shape[1]} products, {rows.nnz / 1e6:.1f} M entries, the {K} best",
                metric=f"times faster than {name}",
                value=float(np.median(ratio)),
                spread=float(np.ptp(ratio) / 2),
                reach=REACH,
                peer=name,
                peer_value=1.0,
                seconds=float(np.median(times["ours"])),
                peak_mb=peak_mb(),
                command="python -m benchmarks.speed.item_neighbours",
            )
        )
    print(write("speed", "item_neighbours", results))


if __name__ == "__main__":
    main()
