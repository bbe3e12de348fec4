"""The 100 leading singular vectors, next to scikit-learn's randomized_svd and scipy's svds.

All in one run on the same matrix with all cores. Rounds alternate; a figure is the median of the ratio within a round.
What each captures is |A V|^2, the energy of the matrix in its right vectors; a peer that captures more would make the
ratio worthless, so it is measured too, and should be .9999 of what each peer captures.

    make bench-env
    .bench/bin/python -m benchmarks.speed.svd
"""

import argparse
from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import svds
from sklearn.utils.extmath import randomized_svd

from benchmarks.record import Row, in_turns, write
from benchmarks.speed.synthetic import ratings
from shopkeeper.estimator import ignore
from shopkeeper.kit.svd import truncated_svd

K, REACH, ENERGY = 100, 2.0, 0.9999


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    matrix = ratings(40_000, 10_000, args.ratings)

    def ours() -> NDArray[np.float32]:
        return truncated_svd(matrix, sp.csr_matrix(matrix.T), K, np.random.default_rng(0), on_progress=ignore).right

    contenders: dict[str, Callable[[], NDArray[np.float32]]] = {
        "ours": ours,
        "scikit-learn randomized_svd": lambda: randomized_svd(matrix, K, random_state=0)[2].T,
        "scipy svds": lambda: svds(matrix, K, rng=np.random.default_rng(0))[2].T,
    }
    ours()
    turns = in_turns(contenders, args.rounds)
    row, command = f"svd, k = {K}, {matrix.nnz / 1e6:.1f} M entries", "python -m benchmarks.speed.svd"
    energy = {
        name: float(np.square(matrix @ vectors, dtype=np.float64).sum()) for name, vectors in turns.answers.items()
    }
    results = []
    for peer in list(contenders)[1:]:
        share = energy["ours"] / energy[peer]
        print(f"energy {share:.6f} of that of {peer}")
        metric = f"energy captured, of that of {peer}"
        results += [
            turns.times_faster(row, peer, command, reach=REACH),
            Row(row=row, metric=metric, value=share, reach=ENERGY, peer=peer, peer_value=1.0, command=command),
        ]
    print(write("speed", "svd", results))


if __name__ == "__main__":
    main()
