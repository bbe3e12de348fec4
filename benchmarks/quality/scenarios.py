"""What leaving out bought products costs in accuracy: Online Retail, all that was taken after 2011-10-01."""

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.quality.online_retail import CUT
from benchmarks.record import Row, write
from shopkeeper import Dataset, global_time, models, read_events
from shopkeeper.data.catalog import Product
from shopkeeper.data.columns import Columns, Numbers
from shopkeeper.data.facts import Facts
from shopkeeper.data.query import Query
from shopkeeper.evaluation import Split
from shopkeeper.evaluation.intervals import bootstrap
from shopkeeper.evaluation.metrics import ndcg
from shopkeeper.pipeline import Pipeline
from shopkeeper.ranking.expression import kept
from shopkeeper.ranking.sources import ModelSource

DATA = Path("examples/online_retail/transactions.parquet")
MODELS = ("user_knn", "next_basket")
LEAVE_OUT = ("seen", *(f"seen and not return_rate >= {rate}" for rate in (0.4, 0.25, 0.1)), "false")
N = 10


def lists(split: Split, columns: Columns, rates: Numbers, pipeline: Pipeline, rule: str) -> Iterator[list[int]]:
    for row in range(len(split.queries)):
        history = split.queries.take(np.array([row]))
        allowed = ~kept(rule, columns, Facts(history, len(columns), {"return_rate": rates}))
        yield [choice.item_idx for choice in pipeline(Query(history, allowed, N))]


def hits(listed: list[int], truth: set[int]) -> list[bool]:
    return [item in truth for item in listed] + [False] * (N - len(listed))


def main() -> None:
    split = global_time(Dataset.from_log(read_events(DATA)), at=CUT)
    users, items = split.train.users, split.train.items
    columns = Columns(Product(item_id=item_id, title=item_id) for item_id in items)
    rates = models.create("buy_again").fit(split.train).state()["returns"].astype(np.float64)
    truths = [set(split.truth.items_of(row).tolist()) for row in range(len(split.queries))]
    rows = []
    for name in MODELS:
        sources = [ModelSource(models.create(one).fit(split.train), users) for one in (name, "popularity")]
        for rule in LEAVE_OUT:
            began = perf_counter()
            found = lists(split, columns, rates, Pipeline(sources), rule)
            per_user = ndcg(np.array(list(map(hits, found, truths))), np.array(list(map(len, truths))))
            interval = bootstrap(per_user[:, None], np.random.default_rng(0))[0]
            rows.append(
                Row(
                    row=f"online_retail, {name}, leave out: {rule}",
                    metric=f"ndcg@{N}",
                    value=interval.value,
                    spread=(interval.high - interval.low) / 2,
                    seconds=perf_counter() - began,
                    command="python -m benchmarks.quality.scenarios",
                )
            )
            print(rows[-1].row, f"{rows[-1].value:.4f} ± {rows[-1].spread:.4f}", f"{rows[-1].seconds:.1f} s")
    write("quality", "scenarios", rows)


if __name__ == "__main__":
    main()
