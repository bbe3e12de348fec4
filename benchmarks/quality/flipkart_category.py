"""Where a product page belongs by its description: 1,050 pages of Flipkart, 150 in each of 7 top categories.

70/30, as many of each top category, five seeds. The tree is that of the pages, to three levels and without the last,
which is often the product's name. The options are those of the package.

    python -m benchmarks.quality.flipkart_category
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import duckdb
import numpy as np

from benchmarks.quality.filed import Remembered, Rows, applied, at_levels, published
from benchmarks.record import write
from shopkeeper.adapters.sentence_encoder import minilm
from shopkeeper.data.catalog import LEVELS
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.tagging.category import CategoryTagger
from shopkeeper.tagging.tagger import Labelled

COMMAND = "python -m benchmarks.quality.flipkart_category"
SEEDS = (0, 1, 2, 3, 4)
REACH = {"accuracy, top category": 0.95}
LEVEL_NAMES = ("top category", "two levels", "three levels")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    texts, truth = pages(parser.parse_args().data)
    top, found = [path.split(LEVELS)[0] for path in truth], []
    minilm_ = Remembered(minilm())
    asks = (("default", None, "top category"), ("MiniLM", minilm_, "top category"), ("default", None, "path"))
    for name, encoder, tree in asks:
        labels, names = (top, LEVEL_NAMES[:1]) if tree == "top category" else (truth, LEVEL_NAMES)
        start, figures = perf_counter(), dict[str, list[float]]()
        for seed in SEEDS:
            learned, asked = parted(truth, seed)
            known = Labelled([texts[k] for k in learned], [labels[k] for k in learned])
            rng = np.random.default_rng(seed)
            tagger = CategoryTagger().fit(Taxonomy.from_paths(labels), known, encoder=encoder, rng=rng)
            of_asked, is_ = [texts[k] for k in asked], [labels[k] for k in asked]
            for metric, value in (at_levels(tagger, of_asked, is_, names) | applied(tagger, of_asked, is_)).items():
                figures.setdefault(metric, []).append(value)
        found += published(
            f"flipkart_1050, description to {tree}, {name}",
            figures,
            REACH if tree == "top category" else {},
            COMMAND,
            seeds=SEEDS,
            seconds=perf_counter() - start,
        )
        write("tagging", "flipkart_category", found)


def pages(data: Path) -> tuple[list[str], list[str]]:
    """Return descriptions and paths."""
    file = data / "flipkart_1050" / "products.parquet"
    sql = f"SELECT description, product_category_tree FROM '{file}' ORDER BY uniq_id"
    texts, paths = [], []
    for description, tree in duckdb.execute(sql).fetchall():
        levels = [level.strip() for level in json.loads(tree)[0].split(">>")]
        texts.append(description)
        paths.append(LEVELS.join(levels[: max(1, min(3, len(levels) - 1))]))
    return texts, paths


def parted(truth: Sequence[str], seed: int) -> tuple[Rows, Rows]:
    """Return 70 and 30 of a hundred of each top category."""
    rng, top = np.random.default_rng(seed), np.array([path.split(LEVELS)[0] for path in truth])
    first = np.zeros(len(top), np.bool_)
    for category in np.unique(top):
        own = rng.permutation(np.flatnonzero(top == category))
        first[own[: round(0.7 * len(own))]] = True
    return np.flatnonzero(first), np.flatnonzero(~first)


if __name__ == "__main__":
    main()
