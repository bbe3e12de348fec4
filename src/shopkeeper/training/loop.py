"""Fit a transformer to sequences: steps, schedule, early stopping, and a state that survives a kill."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from shopkeeper.estimator import Checkpoints, Progress, State
from shopkeeper.kit.sequences import Sequences
from shopkeeper.kit.transformer import Array, Network
from shopkeeper.training.batches import Batch, batches, windows
from shopkeeper.training.config import TransformerConfig
from shopkeeper.training.graph import Negatives, as_used, initial, loss
from shopkeeper.training.held_out import HeldOut
from shopkeeper.training.start import first_items

Draw = Callable[[Generator], Negatives | None]


class _Run(NamedTuple):
    """What a pass over the data changes."""

    network: Network[jax.Array]
    optimizer: optax.OptState
    best: Network[jax.Array]
    """The network after the pass whose held-out ranks were best."""
    best_value: jax.Array
    """()"""
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
    on_progress: Progress,
    checkpoints: Checkpoints,
) -> Network[Array]:
    """Return the network of the pass that ranked the held-out tokens best; the last one with no patience.

    All chance follows from the seed and the number of the pass, so a training that goes on from a checkpoint ends with
    the same bytes. A checkpoint of other data (`fingerprint`), another config or seed is not used.
    """
    held = HeldOut.sample(sequences, default_rng([seed, 0])) if config.patience else None
    learned = sequences if held is None else held.learned
    n_rows = max(1, config.batch_events // config.max_length)
    n_steps = max(1, round(windows(learned, config.max_length).length.sum() / (0.9 * n_rows * config.max_length)))
    rng = default_rng([seed, 1])
    network = initial(config, first_items(learned, n_items, config, rng), n_context, rng)
    run = _Run(network, _optimizer(config, n_steps).init(network), network, jnp.asarray(-jnp.inf), jnp.asarray(0))
    identity = np.frombuffer(f"{fingerprint} {seed} {config.model_dump_json()}".encode(), np.uint8)
    first, run = _resumed(run, checkpoints.load(), identity)
    draw = _drawing(learned, n_items, config)
    for epoch in range(first, config.epochs):
        if held is not None and epoch - int(run.best_epoch) > config.patience:
            break
        rng = default_rng([seed, 2 + epoch])
        network, state = run.network, run.optimizer
        for place, batch in enumerate(batches(learned, config.max_length, n_rows, rng)):
            chance = np.uint32(rng.integers(2**32))
            network, state = _step(network, state, batch, draw(rng), chance, config=config, n_steps=n_steps)
            on_progress(min(0.99, (epoch + min(1.0, place / n_steps)) / config.epochs))
        run = run._replace(network=network, optimizer=state)
        value = epoch if held is None else held.value(_arrays(network, config), config.max_length)
        if value > float(run.best_value):
            run = run._replace(best=network, best_value=jnp.asarray(value), best_epoch=jnp.asarray(epoch))
        checkpoints.save(_kept(run, epoch, identity))
    return _arrays(run.best, config)


def _arrays(network: Network[jax.Array], config: TransformerConfig) -> Network[Array]:
    return Network(*(np.array(weights) for weights in as_used(network, config)))


def _optimizer(config: TransformerConfig, n_steps: int) -> optax.GradientTransformation:
    """Return AdamW; the first pass warms up, and norms, context and distances do not decay."""
    n_updates = max(1, n_steps // config.accumulate)
    rate = optax.warmup_cosine_decay_schedule(0, config.learning_rate, n_updates, n_updates * max(2, config.epochs))
    decays = Network(*(name.endswith(("items", "_in", "_out")) for name in Network._fields))
    adam = optax.adamw(rate, b2=0.98, weight_decay=config.reg, mask=decays)
    chain = optax.chain(optax.clip_by_global_norm(1.0), adam)
    if config.accumulate == 1:
        return chain
    steps = optax.MultiSteps(chain, config.accumulate)
    return optax.GradientTransformation(steps.init, steps.update)


@partial(jax.jit, static_argnames=("config", "n_steps"))
def _step(
    network: Network[jax.Array],
    state: optax.OptState,
    batch: Batch,
    negatives: Negatives | None,
    chance: jax.Array,
    *,
    config: TransformerConfig,
    n_steps: int,
) -> tuple[Network[jax.Array], optax.OptState]:
    gradient = jax.grad(loss)(network, batch, negatives, config, chance)
    updates, state = _optimizer(config, n_steps).update(gradient, state, network)
    return optax.apply_updates(network, updates), state


def _drawing(sequences: Sequences, n_items: int, config: TransformerConfig) -> Draw:
    """Return what draws the negatives of one step; none where all items take part."""
    if not config.negatives:
        return lambda _: None
    share = (1.0 + np.bincount(sequences.item, minlength=n_items)) ** config.negative_power
    share /= share.sum()
    up_to, log_expected = np.cumsum(share), np.log(config.negatives * share).astype(np.float32)

    def draw(rng: Generator) -> Negatives:
        drawn = np.minimum(np.searchsorted(up_to, rng.random(config.negatives)), n_items - 1).astype(np.int32)
        return Negatives(drawn, log_expected[drawn])

    return draw


def _kept(run: _Run, epoch: int, identity: NDArray[np.uint8]) -> State:
    leaves: State = {f"leaf{place}": np.asarray(leaf) for place, leaf in enumerate(jax.tree.leaves(run))}
    return {**leaves, "epoch": np.asarray(epoch), "identity": identity}


def _resumed(run: _Run, state: State | None, identity: NDArray[np.uint8]) -> tuple[int, _Run]:
    """Return the pass to begin with, and what those before it made."""
    if state is None or not np.array_equal(state["identity"], identity):
        return 0, run
    leaves, structure = jax.tree.flatten(run)
    kept = [jnp.asarray(state[f"leaf{place}"]) for place in range(len(leaves))]
    return int(state["epoch"]) + 1, jax.tree.unflatten(structure, kept)
