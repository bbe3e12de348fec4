"""How many labels it takes until titles are filed well: drawn by chance, and as the tagger asks for them.

The titles and splits of `pricerunner`, by default. From no label on, 20 at a time; after each all is fitted again. The
labels that .93 takes are read off the mean over five seeds.

    python -m benchmarks.quality.active_learning
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.quality.filed import Rows
from benchmarks.quality.pricerunner import Offers, right, tree_of
from benchmarks.record import Row, peak_mb, write
from shopkeeper.tagging.category import CategoryTagger, CategoryTaggerConfig
from shopkeeper.tagging.tagger import Labelled

COMMAND = "python -m benchmarks.quality.active_learning"
WANTED, STEP, MOST, SEEDS = 0.93, 20, 640, (0, 1, 2, 3, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    offers, start = Offers.read(parser.parse_args().data), perf_counter()
    rows = np.random.default_rng(0).permutation(len(offers.title))[:5000]
    labels = {}
    for asks in (False, True):
        curve = np.mean([accuracies(offers, rows, seed, asks=asks) for seed in SEEDS], axis=0)
        print("asked" if asks else "by chance", curve.round(3).tolist(), flush=True)
        labels[asks] = labels_for(curve)
    found = [
        row("labels by chance", labels[False], None, perf_counter() - start),
        row("labels asked for", labels[True], None, perf_counter() - start),
        row("share of the labels that chance takes", labels[True] / labels[False], 0.6, perf_counter() - start),
    ]
    print(labels, write("tagging", "active_learning", found))


def accuracies(offers: Offers, rows: Rows, seed: int, *, asks: bool) -> list[float]:
    """Return the accuracy after each step."""
    learned, asked = offers.parted(rows, 0.6, seed)
    texts, truth, rng = list(offers.title[learned]), offers.category[learned], np.random.default_rng(seed)
    known: list[str | None] = [None] * len(texts)
    config, found = CategoryTaggerConfig(least=MOST + 1), []
    for _ in range(MOST // STEP):
        tagger = CategoryTagger(config).fit(tree_of(offers), Labelled(texts, known), rng=np.random.default_rng(seed))
        found.append(float(np.mean(right(tagger, offers, asked))))
        left = np.array([k for k, one in enumerate(known) if one is None])
        picks = tagger.ask([texts[k] for k in left], STEP) if asks else rng.permutation(len(left))[:STEP]
        for k in left[picks]:
            known[k] = truth[k]
        if found[-1] > WANTED + 0.02:
            found += [found[-1]] * (MOST // STEP - len(found))
            break
    return found


def labels_for(curve: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return where the curve first reaches what is wanted, between two steps."""
    at = int(np.argmax(curve >= WANTED))
    return STEP * float(at - 1 + (WANTED - curve[at - 1]) / (curve[at] - curve[at - 1]))


def row(metric: str, value: float, reach: float | None, seconds: float) -> Row:
    return Row(
        row=f"pricerunner, labels until {WANTED}",
        metric=metric,
        value=float(value),
        reach=reach,
        seeds=SEEDS,
        seconds=seconds,
        peak_mb=peak_mb(),
        command=COMMAND,
    )


if __name__ == "__main__":
    main()
