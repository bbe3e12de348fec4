"""Where a grocer's products belong: 92,331 products of Complete Journey, by type, brand and package size.

60/40 by product: most types of the products asked about were seen in others. And 60/40 by type, none of which was seen.

    python -m benchmarks.quality.completejourney_products
"""

import argparse
from pathlib import Path
from time import perf_counter

import duckdb
import numpy as np

from benchmarks.quality.filed import applied, at_levels, published
from benchmarks.record import write
from shopkeeper.data.catalog import LEVELS
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.tagging.category import CategoryTagger
from shopkeeper.tagging.tagger import Labelled


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    sql = f"""SELECT product_type, concat_ws(' ', product_type, brand, package_size),
            concat_ws('{LEVELS}', department, replace(product_category, '>', ''))
        FROM '{parser.parse_args().data / "completejourney" / "products.parquet"}'
        WHERE product_type IS NOT NULL AND product_category IS NOT NULL ORDER BY product_id"""
    kind, texts, truth = (column.astype(str) for column in duckdb.execute(sql).fetchnumpy().values())
    tree, found = Taxonomy.from_paths(np.unique(truth).tolist()), []
    for name, group in (("product", np.arange(len(kind))), ("type", np.unique(kind, return_inverse=True)[1])):
        start = perf_counter()
        learned = np.isin(group, np.random.default_rng(0).permutation(group.max() + 1)[: int(0.6 * (group.max() + 1))])
        known = Labelled(
            texts[learned].tolist(), truth[learned].tolist(), kind[learned].tolist() if name == "type" else None
        )
        tagger = CategoryTagger().fit(tree, known)
        asked, is_ = texts[~learned].tolist(), truth[~learned].tolist()
        figures = at_levels(tagger, asked, is_, ("department", "commodity")) | applied(tagger, asked, is_)
        found += published(
            f"completejourney, split by {name}",
            {metric: [value] for metric, value in figures.items()},
            {},
            "python -m benchmarks.quality.completejourney_products",
            seconds=perf_counter() - start,
        )
    print(write("tagging", "completejourney_products", found))


if __name__ == "__main__":
    main()
