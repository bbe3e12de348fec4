"""How fast titles are filed, by default and with MiniLM, and how long 100,000 titles in 1,000 categories take to learn.

Titles are made up: words of a category of its own, beside words that all have, as often as words are used (Zipf 1949).

    python -m benchmarks.speed.tagging
"""

import subprocess
import sys
from collections.abc import Callable
from time import perf_counter, process_time

import numpy as np

from benchmarks.record import Row, peak_mb, write
from shopkeeper.adapters.sentence_encoder import minilm
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.tagging.category import CategoryTagger
from shopkeeper.tagging.tagger import Labelled

_COMMAND = "python -m benchmarks.speed.tagging"
_SYLLABLES = [
    first + vowel + last for first in "bdfgklmnprst" for vowel in "aeiou" for last in ("", "n", "r", "s", "l")
]


def titles(n: int, n_categories: int, seed: int = 0) -> tuple[Taxonomy, Labelled]:
    """Return a tree of two levels, and titles of seven words, two of them of their category."""
    rng = np.random.default_rng(seed)
    words = ["".join(rng.choice(_SYLLABLES, rng.integers(2, 4))) for _ in range(30_000)]
    own = rng.integers(2_000, len(words), (n_categories, 8))
    paths = [f"Shelf {k % 30} > {words[own[k, 0]]} {words[own[k, 1]]} {k}" for k in range(n_categories)]
    category = rng.integers(0, n_categories, n)
    common = np.minimum(rng.zipf(1.3, (n, 5)), 2_000) - 1
    parts = np.column_stack([own[category, rng.integers(0, 8, n)], own[category, rng.integers(0, 8, n)], common])
    texts = [" ".join(words[k] for k in rng.permutation(row)) for row in parts]
    return Taxonomy.from_paths(paths), Labelled(texts, [paths[k] for k in category.tolist()])


def seconds(action: Callable[[], object]) -> tuple[float, float]:
    """Return what an action took, and what all cores took."""
    start, start_cpu = perf_counter(), process_time()
    action()
    return perf_counter() - start, process_time() - start_cpu


def small() -> list[Row]:
    """Measure titles a second in ten categories, of 3,000 that were learned, and one correction."""
    tree, known = titles(3_000, 10)
    _, asked = titles(20_000, 10, seed=1)
    tagger = CategoryTagger().fit(tree, known)
    tagger.tag(asked.texts[:10])
    plain, _ = seconds(lambda: tagger.tag(asked.texts))
    with_minilm = CategoryTagger().fit(tree, known, encoder=minilm())
    slow, _ = seconds(lambda: with_minilm.tag(asked.texts[:1_000]))
    return [
        row("titles filed a second, default", "titles/s", len(asked.texts) / plain, 2_000),
        row("titles filed a second, MiniLM", "titles/s", 1_000 / slow, 40),
    ]


def large() -> list[Row]:
    """Measure a fit of 100,000 titles in 1,000 categories, titles a second then, and one correction."""
    tree, known = titles(100_000, 1_000)
    tagger = CategoryTagger()
    fitted, cpu = seconds(lambda: tagger.fit(tree, known))
    about = "100,000 titles in 1,000 categories"
    _, asked = titles(5_000, 1_000)
    told = tagger.candidates(asked.texts, 1)
    print(
        "accuracy", np.mean([one[0].category_id == truth for one, truth in zip(told, asked.category_ids, strict=True)])
    )
    filed, _ = seconds(lambda: tagger.tag(asked.texts))
    one, _ = seconds(lambda: tagger.learn([asked.texts[0]], [tree.leaves[5]]))
    return [
        row(f"a fit of {about}", "s", fitted, 600, cpu),
        row(f"a fit of {about}", "s of all cores", cpu, None, cpu),
        row(f"a fit of {about}", "MB", peak_mb(), 2_000),
        row(f"titles filed a second after {about}", "titles/s", len(asked.texts) / filed),
        row(f"one correction after {about}", "ms", one * 1000, 1_000),
    ]


def row(name: str, metric: str, value: float, reach: float | None = None, took: float | None = None) -> Row:
    print(name, metric, round(value, 1), flush=True)
    return Row(row=name, metric=metric, value=value, reach=reach, seconds=took, peak_mb=peak_mb(), command=_COMMAND)


def main() -> None:
    """Measure, the large fit in a process of its own, whose memory counts."""
    if sys.argv[1:] == ["large"]:
        write("tagging/speed", "large", large())
        return
    print(write("tagging/speed", "small", small()))
    subprocess.run([sys.executable, "-m", "benchmarks.speed.tagging", "large"], check=True)


if __name__ == "__main__":
    main()
