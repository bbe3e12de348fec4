"""All models on Online Retail: learn from before 2011-10-01, predict what came after; each tuned with 25 trials."""

from datetime import UTC, datetime
from time import perf_counter

import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.quality.protocol import data_folder
from benchmarks.record import Row, peak_mb, write
from shopkeeper import Dataset, models, read_events
from shopkeeper.cli.evaluate import table
from shopkeeper.cli.options import on_bar
from shopkeeper.evaluation import evaluate, global_time, tune
from shopkeeper.evaluation.intervals import Interval
from shopkeeper.evaluation.run import BASELINE, Repeats

CUT = datetime(2011, 10, 1, tzinfo=UTC)
TRIALS = 25


def rows(data: Dataset, repeats: Repeats) -> list[Row]:
    """Tune every model on the validation cut, measure all on test, print the table."""
    start, inner = perf_counter(), global_time(data, at=CUT, validation=True)
    chosen = {}
    with Progress(transient=True) as progress:
        for name in models.names():
            bar = on_bar(progress, f"Tuning {name}, repeats {repeats}d")
            space, rng = models.find(name).space, np.random.default_rng(0)
            trials = tune(name, space, inner, rng=rng, n_trials=TRIALS, repeats=repeats, on_progress=bar)
            chosen[name] = trials[0].options
            print(f"{name}, repeats {repeats}d: {trials[0].value:.4f} on validation by {dict(trials[0].options)}")
    tuned = {name: models.create(name, options) for name, options in chosen.items()}
    report = evaluate(tuned, global_time(data, at=CUT), repeats=repeats)
    Console().print(table(report, 10))
    found = []
    for name in report.models:
        figure, popular = report.figure(name, "ndcg@10"), report.figure(BASELINE, "ndcg@10")
        if not isinstance(figure.value, Interval):
            raise TypeError("ndcg@10 has no interval")
        found.append(
            Row(
                row=f"online_retail, {name}, repeats {repeats}d",
                metric=f"ndcg@10 ({figure.verdict or 'baseline'})",
                value=figure.mean,
                spread=(figure.value.high - figure.value.low) / 2,
                peer=BASELINE,
                peer_value=popular.mean,
                seconds=perf_counter() - start,
                peak_mb=peak_mb(),
                command="python -m benchmarks.quality.online_retail",
            )
        )
    return found


if __name__ == "__main__":
    folder = data_folder(__doc__)
    data = Dataset.from_log(read_events(folder / "online_retail" / "transactions.parquet"))
    print(write("quality", "online_retail", [*rows(data, "exclude"), *rows(data, "include")]))
