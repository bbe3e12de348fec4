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

import numpy as np
import scipy.sparse as sp
from implicit._nearest_neighbours import NearestNeighboursScorer  # type: ignore[import-not-found]
from implicit.cpu.als import AlternatingLeastSquares  # type: ignore[import-not-found]
from implicit.nearest_neighbours import ItemItemRecommender  # type: ignore[import-not-found]
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.record import Row, in_turns, write
from benchmarks.speed.synthetic import ratings, shop
from shopkeeper.kit.best import Barred, best_of_dense
from shopkeeper.models.als import ALS, ALSConfig
from shopkeeper.models.item_knn import ItemKNN

N, REACH = 100, 2.0
Answer = Callable[[], NDArray[np.int32]]


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
    by_vectors.user_factors = als.embed(data.histories)
    by_neighbours = ItemItemRecommender(K=neighbours.config.n_neighbors)
    by_neighbours.similarity = neighbours.table_.astype(np.float64)
    by_neighbours.scorer = NearestNeighboursScorer(by_neighbours.similarity)
    logged = sp.csr_matrix((np.log1p(seen.data).astype(np.float64), seen.indices, seen.indptr), shape=seen.shape)

    barred = Barred(data.histories.indptr, data.histories.item_idx, np.zeros(data.n_items, np.bool_))

    def given() -> NDArray[np.int32]:
        return best_of_dense(by_vectors.user_factors, als.items_, N, barred).idx

    def with_vectors() -> NDArray[np.int32]:
        return np.asarray(by_vectors.recommend(everybody, seen, N=N)[0], np.int32)

    def on_one_thread(theirs: Answer) -> Answer:
        """Implicit holds BLAS to one thread by its own advice, and its threads do the rest."""

        def answer() -> NDArray[np.int32]:
            with threadpool_limits(1, "blas"):
                return theirs()

        return answer

    contenders: dict[str, tuple[Answer, Answer]] = {
        "als": (lambda: als.top_n(data.histories, N).item_idx, with_vectors),
        "als, vectors given": (given, with_vectors),
        "item_knn": (
            lambda: neighbours.top_n(data.histories, N).item_idx,
            lambda: by_neighbours.recommend(everybody, logged, N=N)[0],
        ),
    }
    command = "python -m benchmarks.speed.batch"
    results, seconds = [], {}
    for name, (ours, theirs) in contenders.items():
        ours()
        turns = in_turns({"ours": ours, "implicit": on_one_thread(theirs)}, args.rounds)
        both = (lists[:500] for lists in turns.answers.values())
        same = np.mean([len(np.intersect1d(a, b)) / N for a, b in zip(*both, strict=True)])
        print(f"{name}: {same:.3f} of the lists the same")
        row = f"batch, {name}, {data.n_users} users x {data.n_items} products, top {N}"
        results.append(turns.times_faster(row, "implicit", command, peer="implicit 0.7.3", reach=REACH))
        seconds[name] = float(np.median(turns.seconds["ours"]))
    share = 1 - seconds["als, vectors given"] / seconds["als"]
    print(f"als: {share:.2f} of the time goes to the users' vectors")
    metric = "share of the time that the users' vectors take"
    results.append(Row(row="batch, als", metric=metric, value=share, command=command))
    print(write("speed", "batch", results))


if __name__ == "__main__":
    main()
