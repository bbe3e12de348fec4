"""Which of ten categories a Chinese title belongs to: 680 titles that were written for this, of no shop.

Nobody's titles are copied: they are in the manner of Chinese market places, each of a product of its own. 60/40 of each
category, twenty seeds; and by kind of product (dress, skirt, shirt), so that no kind that is asked about was learned.

    python -m benchmarks.quality.chinese_titles
"""

import csv
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.quality.filed import published
from benchmarks.record import write
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.tagging.category import CategoryTagger
from shopkeeper.tagging.tagger import Labelled

SEEDS = tuple(range(20))


def main() -> None:
    rows = list(csv.DictReader(Path(__file__).with_suffix(".csv").read_text("utf-8").splitlines()))
    title, category, kind = (np.array([row[name] for row in rows]) for name in ("title", "category", "kind"))
    found = []
    for name, group in (("title", title), ("kind", kind)):
        start, accuracy = perf_counter(), []
        for seed in SEEDS:
            rng, learned = np.random.default_rng(seed), np.zeros(len(rows), np.bool_)
            for own in np.unique(category):
                groups = rng.permutation(np.unique(group[category == own]))
                learned |= (category == own) & np.isin(group, groups[: round(0.6 * len(groups))])
            known = Labelled(title[learned].tolist(), category[learned].tolist())
            tagger = CategoryTagger().fit(Taxonomy.from_paths(np.unique(category).tolist()), known, rng=rng)
            told = tagger.candidates(title[~learned].tolist(), 1)
            right = [one[0].category_id == truth for one, truth in zip(told, category[~learned], strict=True)]
            accuracy.append(float(np.mean(right)))
        found += published(
            f"Chinese titles, self-written, split by {name}",
            {"accuracy": accuracy},
            {"accuracy": 0.9} if name == "title" else {},
            "python -m benchmarks.quality.chinese_titles",
            seeds=SEEDS,
            seconds=perf_counter() - start,
        )
    print(write("tagging", "chinese_titles", found))


if __name__ == "__main__":
    main()
