"""How `sequence` gains from width and from data: s3rec_beauty, the last action but one, all products.

Each width learns from everybody, and the widest from halves, quarters and eighths of the users too; the options else
are those of the table s3rec_beauty, with one seed. The loss is the cross-entropy of the wanted product among all, in
nats. Tokens are events with a next one, without the first pass, which compiles; operations are those of their products,
six for each weight that they pass, next to those a second that this device makes of a large square product.

    python -m benchmarks.quality.scaling                                     on two cores: the widths of the table
    python -m benchmarks.quality.scaling --factors 64 128 256 512 --epochs 48       where a GPU is
"""

import argparse
import tomllib
from pathlib import Path
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import logsumexp

from benchmarks.quality.datasets import s3rec_beauty
from benchmarks.quality.protocol import HERE, Settings
from benchmarks.record import Row, peak_mb, write
from shopkeeper.data.dataset import Dataset
from shopkeeper.estimator import NoCheckpoints, State
from shopkeeper.evaluation import Split, leave_one_out
from shopkeeper.kit.transformer import Array, Network
from shopkeeper.models.sequence import Sequence, SequenceConfig

SHARES = {"half": 2, "quarter": 4, "eighth": 8}
COMMAND = "python -m benchmarks.quality.scaling"
_ASKED = 512


class Passes(NoCheckpoints):
    """Notes when each pass was done."""

    def __init__(self) -> None:
        self.done: list[float] = []

    def save(self, state: State) -> None:
        """Look at the clock."""
        self.done.append(perf_counter())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    parser.add_argument("--factors", type=int, nargs="+", default=[16, 32, 64, 128], help="widths, rising")
    parser.add_argument("--epochs", type=int, default=24)
    args = parser.parse_args()
    settings: Settings = tomllib.loads((HERE / "s3rec_beauty.toml").read_text())  # type: ignore[assignment]
    fixed = settings["models"]["sequence"]["fixed"] | {"epochs": args.epochs}
    split, peak = leave_one_out(s3rec_beauty(args.data), validation=True), peak_operations()
    sizes = [(f"d{factors}_all", factors, 1) for factors in args.factors]
    sizes += [(f"d{max(args.factors)}_{name}", max(args.factors), part) for name, part in SHARES.items()]
    for name, factors, part in sizes:
        config = SequenceConfig.model_validate(fixed | {"factors": factors, "inner_factors": factors})
        print(write("scaling", name, measured(name, config, split, share_of(split.train, part), peak)))


def share_of(data: Dataset, part: int) -> Dataset:
    """Return the histories of every `part`th user, and empty ones of the others."""
    return data.with_histories(data.histories.keep(data.histories.row_of % part == 0))


def measured(name: str, config: SequenceConfig, split: Split, learned: Dataset, peak: float) -> list[Row]:
    passes, start = Passes(), perf_counter()
    model = Sequence(config).resume(learned, passes, rng=np.random.default_rng(0))
    seconds = perf_counter() - start
    n_tokens = int(np.maximum(learned.histories.lengths - 1, 0).sum())
    pace = n_tokens / float(np.median(np.diff(passes.done)))
    operations = 6 * (block_weights(model.network_) + config.factors * (config.negatives or learned.n_items))
    figures = {
        **dict(zip(("loss", "ndcg@10"), foreseen(model, split), strict=True)),
        "million weights": sum(weights.size for weights in model.network_) / 1e6,
        "tokens": n_tokens,
        "tokens a second": pace,
        "share of peak": pace * operations / peak,
    }
    print(name, {metric: round(value, 4) for metric, value in figures.items()}, flush=True)
    return [
        Row(
            row=f"scaling, {name}",
            metric=metric,
            value=value,
            seconds=seconds,
            peak_mb=peak_mb(),
            options=config.model_dump(),
            command=COMMAND,
        )
        for metric, value in figures.items()
    ]


def block_weights(network: Network[Array]) -> int:
    """Return how many weights multiply a token, but for those that score."""
    return sum(part.size for part in (network.attention_in, network.attention_out, network.inner_in, network.inner_out))


def foreseen(model: Sequence, split: Split) -> tuple[float, float]:
    """Return the mean of -ln softmax(score / temperature) of the wanted products that it knows, and NDCG@10 of all."""
    losses, gains = [], []
    for first in range(0, len(split.queries), _ASKED):
        rows = np.arange(first, min(first + _ASKED, len(split.queries)))
        queries, wanted = split.queries.take(rows), split.truth.take(rows).item_idx
        scores = model.score(queries).astype(np.float64)
        own = scores[np.arange(len(rows)), wanted]
        knows = np.isfinite(own)
        losses.append(
            logsumexp(scores[knows] / model.config.temperature, axis=1) - own[knows] / model.config.temperature
        )
        scores[queries.row_of, queries.item_idx] = -np.inf
        rank = (scores >= own[:, None]).sum(axis=1)
        gains.append(np.where(knows & (rank <= 10), 1 / np.log2(1.0 + rank), 0))
    return float(np.concatenate(losses).mean()), float(np.concatenate(gains).mean())


def peak_operations(size: int = 2048, times: int = 5) -> float:
    """Return operations a second of a large square product, in the precision that training uses here."""
    dtype = jnp.float32 if jax.default_backend() == "cpu" else jnp.bfloat16
    left = jnp.ones((size, size), dtype)
    multiply = jax.jit(lambda a, b: a @ b)
    multiply(left, left).block_until_ready()
    took = []
    for _ in range(times):
        start = perf_counter()
        multiply(left, left).block_until_ready()
        took.append(perf_counter() - start)
    return 2 * size**3 / min(took)


if __name__ == "__main__":
    main()
