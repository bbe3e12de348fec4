"""The 100 best of 100,000 products for one visitor, next to numpy's argpartition."""

from time import perf_counter

import numpy as np

from benchmarks.record import Row, peak_mb, write
from shopkeeper.kit.topk import top_k

N, K, ROUNDS = 100_000, 100, 200


def main() -> None:
    scores = np.random.default_rng(0).standard_normal((1, N)).astype(np.float32)

    def with_numpy() -> None:
        best = np.argpartition(-scores[0], K)[:K]
        best[np.argsort(-scores[0, best])]

    top_k(scores, K)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        for action, times in ((lambda: top_k(scores, K), ours), (with_numpy, theirs)):
            start = perf_counter()
            action()
            times.append(perf_counter() - start)
    ratio = np.array(theirs) / np.array(ours)
    print(f"{np.median(ours) * 1e3:.3f} ms, numpy {np.median(theirs) * 1e3:.3f} ms, {np.median(ratio):.1f}x")
    row = Row(
        row="top 100 of 100,000",
        metric="times faster than numpy",
        value=float(np.median(ratio)),
        spread=float((np.quantile(ratio, 0.9) - np.quantile(ratio, 0.1)) / 2),
        peer="numpy argpartition",
        peer_value=1.0,
        seconds=float(np.median(ours)),
        peak_mb=peak_mb(),
        command="python -m benchmarks.speed.topk",
    )
    print(write("speed", "topk", [row]))


if __name__ == "__main__":
    main()
