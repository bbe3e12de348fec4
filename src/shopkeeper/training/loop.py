"""Fit a transformer to sequences: steps, schedule, early stopping, and state that survives a kill."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.random import default_rng
from numpy.typing import NDArray

from shopkeeper.estimator import Progress, State
from shopkeeper.training.config import TransformerConfig
from shopkeeper.training.graph import Negatives, Weights, initial, loss
from shopkeeper.training.sequences import Sequences, batches, windows

Rank = Callable[[Weights], float]
"""How well weights rank what was held out; higher is better."""


class Checkpoints(Protocol):
    """Keeps the newest state of a training that may be killed."""

    def save(self, state: State) -> None:
        """Replace what was kept, all or nothing."""

    def load(self) -> State | None:
        """Return what was kept last, None if nothing was."""


class Forgetful:
    """Checkpoints for a training that may start anew."""

    def save(self, state: State) -> None:
        """Keep nothing."""

    def load(self) -> State | None:
        """Return nothing."""
        return None


class _Run(NamedTuple):
    """What a pass over the data changes."""

    weights: Weights
    optimizer: optax.OptState
    best: Weights
    best_rank: jax.Array
    """() of the best pass so far."""
    best_epoch: jax.Array
    """()"""


def train(
    sequences: Sequences,
    n_items: int,
    n_context: int,
    config: TransformerConfig,
    *,
    seed: int,
    fingerprint: str,
    rank: Rank | None,
    on_progress: Progress,
    checkpoints: Checkpoints,
) -> Weights:
    """Return the weights of the pass that ranked best, or of the last pass without `rank`.

    Everything random follows from the seed and the number of the pass, so a training that goes on from a checkpoint
    ends with the same bytes. A checkpoint of another seed, config or `fingerprint` is not used.
    """
    n_rows = max(1, config.batch_events // config.max_length)
    n_steps = max(1, int(windows(sequences, config.max_length)[1].sum()) // (n_rows * config.max_length))
    optimizer = _optimizer(config, n_steps)
    weights = initial(config, n_items, n_context, default_rng([seed, 0]))
    run = _Run(weights, optimizer.init(weights), weights, jnp.asarray(-jnp.inf), jnp.asarray(0))
    identity = np.frombuffer(f"{fingerprint} {seed} {config.model_dump_json()}".encode(), np.uint8)
    first, run = _resumed(run, checkpoints.load(), identity)
    step = _step(config, optimizer)
    draw = _drawing(sequences, n_items, config)
    for epoch in range(first, config.epochs):
        rng = default_rng([seed, 1 + epoch])
        weights, state = run.weights, run.optimizer
        for place, batch in enumerate(batches(sequences, config.max_length, n_rows, rng)):
            weights, state = step(weights, state, batch, draw(rng), np.uint32(rng.integers(2**32)))
            on_progress(min(0.99, (epoch + min(1.0, place / n_steps)) / config.epochs))
        run = run._replace(weights=weights, optimizer=state)
        value = rank(weights) if rank is not None else float(epoch)
        if value > float(run.best_rank):
            run = run._replace(best=weights, best_rank=jnp.asarray(value), best_epoch=jnp.asarray(epoch))
        checkpoints.save(_state(run, epoch, identity))
        if rank is not None and epoch - int(run.best_epoch) >= config.patience:
            break
    return run.best


Draw = Callable[[np.random.Generator], Negatives | None]
Step = Callable[..., tuple[Weights, optax.OptState]]


def _optimizer(config: TransformerConfig, n_steps: int) -> optax.GradientTransformation:
    """Return AdamW; the first pass warms up, and only matrices decay."""
    per_epoch = max(1, n_steps // config.accumulate)
    rate = optax.warmup_cosine_decay_schedule(0, config.learning_rate, per_epoch, per_epoch * max(2, config.epochs))
    chain = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.adamw(rate, b2=0.98, weight_decay=config.reg, mask=_decays),
    )
    return optax.MultiSteps(chain, config.accumulate).gradient_transformation() if config.accumulate > 1 else chain


def _decays(weights: Weights) -> Weights:
    mask = jax.tree.map(lambda _: True, weights)
    blocks = mask.blocks._replace(attention_norm=False, mlp_norm=False, distance=False)
    return mask._replace(norm=False, context=False, blocks=blocks)


def _step(config: TransformerConfig, optimizer: optax.GradientTransformation) -> Step:
    @jax.jit
    def step(weights, state, batch, negatives, seed):
        gradient = jax.grad(loss)(weights, batch, negatives, config, seed)
        updates, state = optimizer.update(gradient, state, weights)
        return optax.apply_updates(weights, updates), state

    return step


def _drawing(sequences: Sequences, n_items: int, config: TransformerConfig) -> Draw:
    """Return what draws the negatives of one step."""
    if not config.negatives:
        return lambda rng: None
    counts = np.bincount(sequences.item, minlength=n_items)
    share = (1.0 + counts) ** config.negative_power
    share /= share.sum()
    upto, log_expected = np.cumsum(share), np.log(share * config.negatives).astype(np.float32)

    def draw(rng: np.random.Generator) -> Negatives:
        drawn = np.minimum(np.searchsorted(upto, rng.random(config.negatives)), n_items - 1).astype(np.int32)
        return Negatives(drawn, log_expected[drawn])

    return draw


def _state(run: _Run, epoch: int, identity: NDArray[np.uint8]) -> State:
    leaves = jax.tree.leaves(run)
    arrays: State = {f"leaf{place}": np.asarray(leaf) for place, leaf in enumerate(leaves)}
    return {**arrays, "epoch": np.asarray(epoch), "identity": identity}


def _resumed(run: _Run, state: State | None, identity: NDArray[np.uint8]) -> tuple[int, _Run]:
    """Return the pass to begin with and what the passes before it made."""
    if state is None or not np.array_equal(state["identity"], identity):
        return 0, run
    leaves, structure = jax.tree.flatten(run)
    kept = [jnp.asarray(state[f"leaf{place}"]) for place in range(len(leaves))]
    return int(state["epoch"]) + 1, jax.tree.unflatten(structure, kept)
