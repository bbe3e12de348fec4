"""Which of ten categories a title belongs to: offers of PriceRunner, no product both learned from and asked about.

5,000 titles, split by product 60/40 with five seeds: by default and with MiniLM beside it, from all labels and from a
few per category; the titles of the 60 % without a label are known as texts. For bands, half of the 40 % (by product)
sets calibration and threshold, and the other half is asked. Then all titles, once. Options were chosen on other 5,000,
of products that are none of these: `--others` measures them.

    python -m benchmarks.quality.pricerunner
"""

import argparse
import tomllib
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import duckdb
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.filed import Remembered, Rows, applied, published
from benchmarks.record import Row, write
from shopkeeper.adapters.sentence_encoder import minilm
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.tagging.category import CategoryTagger
from shopkeeper.tagging.encoder import Encoder
from shopkeeper.tagging.tagger import Labelled

HERE = Path(__file__).parent
COMMAND = "python -m benchmarks.quality.pricerunner"


class Settings(TypedDict):
    """What the .toml holds."""

    titles: int
    seeds: list[int]
    learned_share: float
    reach: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Offers:
    """Titles, the product that each offers, and its category."""

    title: NDArray[np.str_]
    product: NDArray[np.int64]
    category: NDArray[np.str_]

    @classmethod
    def read(cls, data: Path) -> "Offers":
        """Read them in the order of their ids."""
        sql = f"""SELECT "Product Title", "Cluster ID", "Category Label"
            FROM '{data / "pricerunner" / "products.parquet"}' ORDER BY "Product ID" """
        title, product, category = duckdb.execute(sql).fetchnumpy().values()
        return cls(title.astype(str), np.asarray(product, np.int64), category.astype(str))

    def parted(self, rows: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
        """Part rows by product."""
        products = np.random.default_rng(seed).permutation(np.unique(self.product[rows]))
        first = np.isin(self.product[rows], products[: int(share * len(products))])
        return rows[first], rows[~first]

    def known(self, rows: Rows, per_class: int | None, seed: int) -> Labelled:
        """Return the titles, so many of each category with a label."""
        ids: list[str | None] = list(self.category[rows])
        if per_class is not None:
            ids, rng = [None] * len(rows), np.random.default_rng(seed)
            for category in np.unique(self.category):
                for row in rng.permutation(np.flatnonzero(self.category[rows] == category))[:per_class]:
                    ids[row] = category
        return Labelled(list(self.title[rows]), ids, list(self.product[rows].astype(str)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    parser.add_argument("--others", action="store_true", help="measure the titles that options were chosen on")
    asked = parser.parse_args()
    settings: Settings = tomllib.loads((HERE / "pricerunner.toml").read_text())  # type: ignore[assignment]
    offers = Offers.read(asked.data)
    drawn = np.random.default_rng(0).permutation(len(offers.title))
    rows, left = drawn[: settings["titles"]], drawn[settings["titles"] :]
    if asked.others:
        rows = left[~np.isin(offers.product[left], offers.product[rows])][: settings["titles"]]
    found: list[Row] = []
    for name, encoder in (("default", None), ("MiniLM", Remembered(minilm()))):
        for per_class in (None, 20, 5, 0):
            found += measured(offers, rows, settings, name, encoder, per_class)
    if asked.others:
        return
    found += everything(offers, settings["learned_share"])
    print(write("tagging", "pricerunner", found))


def measured(
    offers: Offers, rows: Rows, settings: Settings, name: str, encoder: Encoder | None, per_class: int | None
) -> list[Row]:
    """Return accuracy, and where there is enough to calibrate, what the bands are worth."""
    start = perf_counter()
    figures: dict[str, list[float]] = {}
    for seed in settings["seeds"]:
        learned, asked = offers.parted(rows, settings["learned_share"], seed)
        known = offers.known(learned, per_class, seed)
        tagger = CategoryTagger().fit(tree_of(offers), known, encoder=encoder, rng=np.random.default_rng(seed))
        figures.setdefault("accuracy", []).append(float(np.mean(right(tagger, offers, asked))))
        if per_class in (None, 20):
            held, asked = offers.parted(asked, 0.5, seed)
            tagger.calibrate(offers.known(held, None, seed))
            for metric, value in applied(tagger, list(offers.title[asked]), list(offers.category[asked])).items():
                figures.setdefault(metric, []).append(value)
    labels = "all labels" if per_class is None else f"{per_class} labels a category"
    row = f"{name}, {labels}"
    reach = settings["reach"].get(row, {})
    return published(
        f"pricerunner, {row}", figures, reach, COMMAND, seeds=settings["seeds"], seconds=perf_counter() - start
    )


def everything(offers: Offers, share: float) -> list[Row]:
    """Return accuracy, macro-F1 and seconds on all titles."""
    from sklearn.metrics import f1_score

    start = perf_counter()
    learned, asked = offers.parted(np.arange(len(offers.title)), share, 0)
    tagger = CategoryTagger().fit(tree_of(offers), offers.known(learned, None, 0))
    fitted = perf_counter() - start
    told = [one[0].category_id if one else "" for one in tagger.candidates(list(offers.title[asked]), 1)]
    figures = {
        "accuracy": [float(np.mean(np.array(told) == offers.category[asked]))],
        "macro-F1": [float(f1_score(offers.category[asked], told, average="macro"))],
        "s to fit": [fitted],
    }
    row = f"pricerunner, default, all {len(offers.title):,} titles"
    return published(row, figures, {}, COMMAND, seconds=perf_counter() - start)


def tree_of(offers: Offers) -> Taxonomy:
    return Taxonomy.from_paths(np.unique(offers.category).tolist())


def right(tagger: CategoryTagger, offers: Offers, asked: Rows) -> list[bool]:
    told = tagger.candidates(list(offers.title[asked]), 1)
    return [bool(one) and one[0].category_id == truth for one, truth in zip(told, offers.category[asked], strict=True)]


if __name__ == "__main__":
    main()
