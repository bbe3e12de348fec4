"""The 100 most similar users of every user, next to scikit-learn, scipy, implicit and sparse_dot_topn.

All in one run, on the same cosines of the same matrix, with the same number of threads. Peers are timed on a sample of
users; so are we, for the ratios, and once for all users. Rounds alternate, so that a slow moment hits everybody; a
figure is the median over the rounds of the ratio within a round.

    make bench-env
    .bench/bin/python -m benchmarks.speed.similarity
"""

import argparse
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import scipy.sparse as sp
from implicit._nearest_neighbours import NearestNeighboursScorer  # type: ignore[import-not-found]
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.neighbors import NearestNeighbors
from sparse_dot_topn import sp_matmul_topn  # type: ignore[import-not-found]

from benchmarks.record import Row, in_turns, peak_mb, write
from benchmarks.speed.synthetic import ratings
from shopkeeper.kit.sparse import RowIndex, unit_rows

K = 100
THREADS = os.cpu_count() or 1
REACH = {"scikit-learn": 6.0, "scipy A @ A.T": 12.0, "implicit": 3.0, "sparse_dot_topn": 2.5}


def peers(rows: "sp.csr_matrix[np.float32]", columns: "sp.csr_matrix[np.float32]") -> dict[str, Callable[..., object]]:
    """Return each peer as a function of the sample's unit rows."""
    brute = NearestNeighbors(n_neighbors=K + 1, metric="cosine", algorithm="brute", n_jobs=THREADS).fit(rows)
    # implicit allocates for a square matrix; empty rows make it one.
    indptr = np.pad(columns.indptr, (0, rows.shape[0] - columns.shape[0]), mode="edge")
    square = sp.csr_matrix((columns.data, columns.indices, indptr), shape=(rows.shape[0], rows.shape[0]))
    scorers = [NearestNeighboursScorer(square) for _ in range(THREADS)]

    def implicit(sample: "sp.csr_matrix[np.float32]") -> None:
        indptr = sample.indptr.astype(np.int32)

        def part(core: int) -> None:
            for user in range(core, sample.shape[0], THREADS):
                own = slice(indptr[user], indptr[user + 1])
                row = np.array([0, own.stop - own.start], np.int32)
                scorers[core].recommend(row, sample.indices[own], sample.data[own], K=K, remove_own_likes=False)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(part, range(THREADS)))

    return {
        "scikit-learn": brute.kneighbors,
        "scipy A @ A.T": lambda sample: sample @ columns,
        "implicit": implicit,
        "sparse_dot_topn": lambda sample: sp_matmul_topn(sample, columns, top_n=K, n_threads=THREADS),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=1000, help="users that the peers are timed on")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--all-users", action="store_true", help="also time one pass over all users")
    args = parser.parse_args()

    valued = unit_rows(ratings())
    binary = sp.csr_matrix((np.ones_like(valued.data), valued.indices, valued.indptr), shape=valued.shape)
    columns = sp.csr_matrix(valued.T)
    indexes = {"ratings": RowIndex(valued), "binary": RowIndex(binary)}
    users = np.sort(np.random.default_rng(1).choice(valued.shape[0], args.sample, replace=False)).astype(np.int32)
    sample, binary_sample = sp.csr_matrix(valued[users]), sp.csr_matrix(binary[users])
    contenders: dict[str, Callable[[], object]] = {
        "ratings": lambda: indexes["ratings"].find(sample, K, users),
        "binary": lambda: indexes["binary"].find(binary_sample, K, users),
    } | {name: partial(run, sample) for name, run in peers(valued, columns).items()}
    check(indexes["ratings"], sample, users, valued)

    for action in contenders.values():
        action()
    turns = in_turns(contenders, args.rounds)
    command = "python -m benchmarks.speed.similarity"
    results = []
    table = Table("peer", "ms a user", "we, ratings", "we, binary")
    for kind in indexes:
        for name, reach in REACH.items():
            aim = reach if kind == "ratings" else None
            results.append(turns.times_faster(f"similarity, {kind}", name, command, ours=kind, reach=aim))
    for name in REACH:
        per_user = [np.median(turns.seconds[who]) * 1000 / args.sample for who in (name, *indexes)]
        table.add_row(name, *(f"{milliseconds:.2f}" for milliseconds in per_user))
    Console().print(table)
    if args.all_users:
        everybody = np.arange(valued.shape[0], dtype=np.int32)
        for kind, matrix in (("ratings", valued), ("binary", binary)):
            took = in_turns({kind: partial(indexes[kind].find, matrix, K, everybody)}, 1).seconds[kind][0]
            results.append(
                Row(
                    row=f"similarity, {kind}",
                    metric="seconds for all 138k users",
                    value=took,
                    seconds=took,
                    peak_mb=peak_mb(),
                    command=f"{command} --all-users",
                )
            )
            print(f"all users, {kind}: {took:.0f} s, peak {peak_mb():.0f} MB")
    print(write("speed", "similarity", results))


def check(
    index: RowIndex, sample: "sp.csr_matrix[np.float32]", users: NDArray[np.int32], rows: "sp.csr_matrix[np.float32]"
) -> None:
    """Stop when the answer is not that of the dense product."""
    few = 5
    cosines = (sample[:few] @ rows.T).toarray()
    cosines[np.arange(few), users[:few]] = -1
    expected = -np.sort(-cosines, axis=1)[:, :K]
    np.testing.assert_allclose(index.find(sample[:few], K, users[:few]).similarity, expected, atol=1e-4)


if __name__ == "__main__":
    main()
