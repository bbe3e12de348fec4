"""One visitor scored by the sequence model on one core, 12,000 products, d = 128, 2 blocks, next to JAX's jit.

Both run on the first core alone. JAX gets what a plain server of the training graph would do: one compiled function of
a history padded to 50 events, that scores all products at every event and returns the last row.
"""

import os
import sys
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Row, peak_mb, write
from shopkeeper.data.history import HistoryBatch
from shopkeeper.kit.transformer import Network
from shopkeeper.models.sequence import Sequence, SequenceConfig
from shopkeeper.testing.estimator_suite import spread
from shopkeeper.training.batches import Batch
from shopkeeper.training.graph import as_used, initial, states

N_ITEMS, N_CONTEXT, LENGTH, ROUNDS = 12_000, 50, 50, 300
CONFIG = SequenceConfig(factors=128, inner_factors=256, n_blocks=2, n_heads=2, max_length=LENGTH)
REACH_MS = 1.5


def main() -> None:
    rng = np.random.default_rng(0)
    items = rng.standard_normal((N_ITEMS, CONFIG.factors), np.float32)
    network = initial(CONFIG, items, N_CONTEXT, rng)
    # What starts as 0 would be left out.
    network = network._replace(elapsed=jnp.asarray(rng.standard_normal(network.elapsed.shape, np.float32)))
    network = as_used(network, CONFIG)
    arrays = Network(*(np.asarray(weights) for weights in network))
    model = Sequence.from_state(CONFIG, {**arrays._asdict(), "known": np.ones(N_ITEMS, np.bool_)})
    rows = []
    for length in (LENGTH, 7):
        visitors = [spread(HistoryBatch.of([rng.integers(0, N_ITEMS, length).tolist()])) for _ in range(ROUNDS)]
        rows += measure(model, network, visitors, length)
    print(write("speed", "sequence_serving", rows))


def measure(model: Sequence, network: Network[jax.Array], visitors: list[HistoryBatch], length: int) -> list[Row]:
    @jax.jit
    def graph(batch: Batch) -> jax.Array:
        state = states(network, batch, CONFIG)
        state = state / jnp.linalg.norm(state, axis=1, keepdims=True)
        scores: jax.Array = (state @ network.items.T)[length - 1]
        return scores

    def with_jax(visitor: HistoryBatch) -> NDArray[np.float32]:
        tokens = model.tokens(visitor)
        item, sequence = np.zeros((1, LENGTH), np.int32), np.full((1, LENGTH), -1, np.int32)
        context = np.zeros((1, LENGTH, tokens.context.shape[1]), np.int32)
        at = np.zeros((1, LENGTH), np.int32)
        item[0, :length], context[0, :length], sequence[0, :length] = tokens.item, tokens.context, 0
        at[0, :length] = tokens.at
        return np.asarray(graph(Batch(item, context, at, sequence, item, np.ones(item.shape, np.float32))))

    ours: list[float] = []
    theirs: list[float] = []
    furthest = 0.0
    for visitor in visitors:
        start = perf_counter()
        scores = model.score(visitor)[0]
        middle = perf_counter()
        expected = with_jax(visitor)
        ours.append((middle - start) * 1e3)
        theirs.append((perf_counter() - middle) * 1e3)
        furthest = max(furthest, float(np.abs(scores - expected).max()))
    print(
        f"{length} events: {np.median(ours):.2f} ms, 9 of 10 within {np.quantile(ours, 0.9):.2f}; "
        f"JAX {np.median(theirs):.2f} ms; largest difference of a score {furthest:.1e}"
    )
    return [
        Row(
            row=f"one visitor of {length} events, 12,000 products, d=128, 2 blocks, one core",
            metric="ms",
            value=float(np.median(ours)),
            spread=float((np.quantile(ours, 0.9) - np.quantile(ours, 0.1)) / 2),
            reach=REACH_MS,
            peer="JAX, jit of the training graph",
            peer_value=float(np.median(theirs)),
            peak_mb=peak_mb(),
            command="python -m benchmarks.speed.sequence_serving",
        ),
        Row(
            row=f"numpy against the training graph, {length} events",
            metric="largest difference of a score",
            value=furthest,
            reach=1e-4,
            command="python -m benchmarks.speed.sequence_serving",
        ),
    ]


if __name__ == "__main__":
    if len(cores := os.sched_getaffinity(0)) > 1:
        # Libraries count the cores when they are loaded.
        os.sched_setaffinity(0, {min(cores)})
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.speed.sequence_serving"])  # noqa: S606 - itself
    main()
