"""The 100 best products that each of all users does not have, next to implicit: als factors and item neighbours.

All in one run: both use the same vectors and the same similarities, the same number of threads, and leave out what a
user has. implicit is given the users' vectors ready made; we are given histories, in the order of time, and solve for
the vectors too. What that costs is seen from a second row, in which the kernel is given the same vectors. Rounds
alternate; a figure is the median of the ratio within a round.

    make bench-env
    .bench/bin/python -m benchmarks.speed.batch
"""

import argparse
from collections.abc import Callable
from time import perf_counter

import numpy as np
import scipy.sparse as sp
from implicit._nearest_neighbours import NearestNeighboursScorer  # type: ignore[import-not-found]
from implicit.cpu.als import AlternatingLeastSquares  # type: ignore[import-not-found]
from implicit.nearest_neighbours import ItemItemRecommender  # type: ignore[import-not-found]
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.record import Row, peak_mb, write
from benchmarks.speed.synthetic import ratings, shop
from shopkeeper.kit.best import Barred, best_of_dense
from shopkeeper.models.als import ALS, ALSConfig
from shopkeeper.models.item_knn import ItemKNN

N, REACH = 100, 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    data = shop(ratings(25_000, 10_000, args.ratings))
    everybody, seen = np.arange(data.n_users), data.matrix().by_user
    als, neighbours = ALS(ALSConfig(epochs=3)).fit(data), ItemKNN().fit(data)

    by_vectors = AlternatingLeastSquares(factors=als.config.factors)
    by_vectors.item_factors = als.items_
    by_vectors.user_factors = als._vectors(data.histories)
    by_neighbours = ItemItemRecommender(K=neighbours.config.n_neighbors)
    by_neighbours.similarity = neighbours.table_.astype(np.float64)
    by_neighbours.scorer = NearestNeighboursScorer(by_neighbours.similarity)
    logged = sp.csr_matrix((np.log1p(seen.data).astype(np.float64), seen.indices, seen.indptr), shape=seen.shape)

    barred = Barred(data.histories.indptr, data.histories.item_idx, np.zeros(data.n_items, np.bool_))

    def given() -> NDArray[np.int32]:
        return best_of_dense(by_vectors.user_factors, als.items_, N, barred).idx

    def with_vectors() -> NDArray[np.int32]:
        return np.asarray(by_vectors.recommend(everybody, seen, N=N)[0], np.int32)

    Answer = Callable[[], NDArray[np.int32]]  # noqa: N806 - a type
    contenders: dict[str, tuple[Answer, Answer]] = {
        "als": (lambda: als.top_n(data.histories, N).item_idx, with_vectors),
        "als, vectors given": (given, with_vectors),
        "item_knn": (
            lambda: neighbours.top_n(data.histories, N).item_idx,
            lambda: by_neighbours.recommend(everybody, logged, N=N)[0],
        ),
    }
    results, seconds = [], {}
    for name, (ours, theirs) in contenders.items():
        ours()
        ratios, times, same = [], [], 0.0
        for _ in range(args.rounds):
            start = perf_counter()
            mine = ours()
            middle = perf_counter()
            # implicit holds BLAS to one thread by its own advice, and its threads do the rest.
            with threadpool_limits(1, "blas"):
                other = theirs()
            times.append(middle - start)
            ratios.append((perf_counter() - middle) / times[-1])
            same = float(np.mean([len(np.intersect1d(a, b)) / N for a, b in zip(mine[:500], other[:500], strict=True)]))
        print(f"{name}: {np.median(times):.2f} s, {np.median(ratios):.1f}x, {same:.3f} of the lists the same")
        seconds[name] = float(np.median(times))
        results.append(
            Row(
                row=f"batch, {name}, {data.n_users} users x {data.n_items} products, top {N}",
                metric="times faster than implicit",
                value=float(np.median(ratios)),
                spread=float(np.ptp(ratios) / 2),
                reach=REACH,
                peer="implicit 0.7.3",
                peer_value=1.0,
                seconds=seconds[name],
                peak_mb=peak_mb(),
                command="python -m benchmarks.speed.batch",
            )
        )
    share = 1 - seconds["als, vectors given"] / seconds["als"]
    print(f"als: {share:.2f} of the time goes to the users' vectors")
    results.append(
        Row(
            row="batch, als",
            metric="share of the time that the users' vectors take",
            value=share,
            command="python -m benchmarks.speed.batch",
        )
    )
    print(write("speed", "batch", results))


if __name__ == "__main__":
    main()
