"""The network of `kit/transformer.py` as a graph that can be differentiated, and its loss."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import DTypeLike
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.transformer import EPSILON, N_DIGITS, Array, Network
from shopkeeper.training.batches import Batch
from shopkeeper.training.config import TransformerConfig

_CHUNK = 1024
"""Tokens whose scores for all items are held in memory together."""


class Negatives(NamedTuple):
    """K items drawn with replacement."""

    item: NDArray[np.int32]
    """(K,)"""
    log_expected: NDArray[np.float32]
    """(K,), ln of how often each is expected among the K."""


def initial(config: TransformerConfig, items: Array, n_context: int, rng: Generator) -> Network[jax.Array]:
    """Return weights to start from, around the given items, (n_items, d); what writes to the tokens starts small."""
    d, f, n = config.factors, config.inner_factors, config.n_blocks

    def normal(scale: float, *shape: int) -> jax.Array:
        return jnp.asarray(rng.standard_normal(shape, np.float32) * np.float32(scale))

    return Network(
        items=jnp.asarray(items),
        context=normal(0.02, n_context, d),
        attention_norm=jnp.ones((n, d)),
        attention_in=normal(d**-0.5, n, d, 4 * d),
        attention_out=normal(d**-0.5 / (2 * n), n, d, d),
        distance=jnp.zeros((n, config.n_heads, config.max_length)),
        elapsed=jnp.zeros((n, config.n_heads, N_DIGITS)),
        inner_norm=jnp.ones((n, d)),
        inner_in=normal(d**-0.5, n, d, 2 * f + d),
        inner_out=normal(f**-0.5 / (2 * n), n, f, d),
        last_norm=jnp.ones(d),
    )


def as_used(network: Network[jax.Array], config: TransformerConfig) -> Network[jax.Array]:
    """Return the network as it reads and scores: with `cosine` the items are unit vectors."""
    return network._replace(items=_unit(network.items)) if config.cosine else network


def states(
    network: Network[jax.Array], batch: Batch, config: TransformerConfig, seed: jax.Array | None = None
) -> jax.Array:
    """Return the state behind each token, shape (R * L, d), of a network as used; with a seed, with dropout."""
    # Tokens stay one axis outside attention: gradients of products over two axes take several times as long on a CPU.
    dtype = jnp.float32 if jax.default_backend() == "cpu" else jnp.bfloat16
    n_context, width = network.context.shape
    drop = _Dropout(config.dropout, seed)
    # Products with few rows are faster than reading rows, whose gradient adds to them one by one.
    kinds = jax.nn.one_hot(batch.context.reshape(batch.item.size, -1), n_context, dtype=dtype).sum(axis=1)
    x = (network.items[batch.item.reshape(-1)] * width**0.5).astype(dtype) + kinds @ network.context.astype(dtype)
    x = drop(x)
    digits = _digits(batch, dtype) if config.time_bias else None
    for i in range(config.n_blocks):
        block = Network(*(weights[i].astype(dtype) for weights in network))
        query, key, value, gate = jnp.split(_norm(x, block.attention_norm) @ block.attention_in, 4, axis=1)
        found = _attention(query, key, value, block, batch.sequence, digits)
        x = x + drop(jax.nn.sigmoid(gate) * (found @ block.attention_out))
        inner = _norm(x, block.inner_norm) @ block.inner_in
        left, right, gate = jnp.split(inner, (config.inner_factors, 2 * config.inner_factors), axis=1)
        x = x + drop(jax.nn.sigmoid(gate) * (drop(jax.nn.silu(left) * right) @ block.inner_out))
    return _norm(x.astype(jnp.float32), network.last_norm)


def loss(
    network: Network[jax.Array], batch: Batch, negatives: Negatives | None, config: TransformerConfig, seed: jax.Array
) -> jax.Array:
    """Return the mean cross-entropy of what comes next, over all places of the batch, each as much as it counts.

    With negatives the sum over all items i of exp(s_i) is estimated by exp(s_target) plus the sum over those drawn of
    exp(s_j) / (K q_j), the target left out: the logQ correction, on the negatives alone (Bengio and Senecal 2008).
    """
    network = as_used(network, config)
    state = states(network, batch, config, seed)
    state = (_unit(state) if config.cosine else state) / config.temperature
    target = jnp.asarray(batch.target).reshape(-1)
    if negatives is None:
        losses = _full_softmax(state, target, network.items)
    else:
        own = (state * network.items[target]).sum(axis=1)
        other = state @ network.items[negatives.item].T - negatives.log_expected
        other = jnp.where(negatives.item == target[:, None], -jnp.inf, other)
        losses = jnp.logaddexp(own, jax.nn.logsumexp(other, axis=1)) - own
    counted = target >= 0
    weighted = jnp.asarray(batch.weight).reshape(-1) * losses
    return jnp.where(counted, weighted, 0).sum() / jnp.maximum(counted.sum(), 1)


def _full_softmax(state: jax.Array, target: jax.Array, items: jax.Array) -> jax.Array:
    """Return the cross-entropy of each token; scores are made chunk by chunk, and again for the gradient."""

    def of_chunk(chunk: tuple[jax.Array, jax.Array]) -> jax.Array:
        part, wanted = chunk
        return jax.nn.logsumexp(part @ items.T, axis=1) - (part * items[wanted]).sum(axis=1)

    size = min(_CHUNK, len(target))
    rest = -len(target) % size
    chunks = (
        jnp.pad(state, ((0, rest), (0, 0))).reshape(-1, size, state.shape[1]),
        jnp.pad(target, (0, rest)).reshape(-1, size),
    )
    losses: jax.Array = jax.lax.map(jax.checkpoint(of_chunk), chunks)
    return losses.reshape(-1)[: len(target)]


def _digits(batch: Batch, dtype: DTypeLike) -> jax.Array:
    """Return the number of binary digits of the seconds between any two tokens of a row, (R, L, L, 32), one-hot."""
    seconds = jnp.maximum(batch.at[:, :, None] - batch.at[:, None, :], 0)
    return jax.nn.one_hot(32 - jax.lax.clz(seconds), N_DIGITS, dtype=dtype)


def _attention(
    query: jax.Array,
    key: jax.Array,
    value: jax.Array,
    block: Network[jax.Array],
    sequence: NDArray[np.int32],
    digits: jax.Array | None,
) -> jax.Array:
    """Return what each token, (R * L, d), finds in itself and those before it in its sequence, (R, L)."""
    n_heads, (n_rows, length) = len(block.distance), sequence.shape

    def heads(x: jax.Array) -> jax.Array:
        return x.reshape(n_rows, length, n_heads, -1).swapaxes(1, 2).reshape(n_rows * n_heads, length, -1)

    back = np.arange(length)[:, None] - np.arange(length)
    seen = (sequence[:, :, None] == sequence[:, None, :]) & (back >= 0)
    match = heads(query) @ heads(key).swapaxes(1, 2) * (query.shape[1] // n_heads) ** -0.5
    match = match.reshape(n_rows, n_heads, length, length) + block.distance[:, np.maximum(back, 0)]
    if digits is not None:
        match = match + (digits @ block.elapsed.T).transpose(0, 3, 1, 2)
    match = jnp.where(seen[:, None], match.astype(jnp.float32), -1e9)
    share = jax.nn.softmax(match, axis=-1).astype(query.dtype)
    found = share.reshape(n_rows * n_heads, length, length) @ heads(value)
    return found.reshape(n_rows, n_heads, length, -1).swapaxes(1, 2).reshape(query.shape)


class _Dropout:
    """Zeroes a share of the values and scales up the others; without a seed it does nothing.

    The bits are a hash of a counter (the finalizer of MurmurHash3): to draw them with jax.random took longer than the
    network.
    """

    def __init__(self, share: float, seed: jax.Array | None) -> None:
        self._keep, self._seed, self._calls = 1 - share, seed if share else None, 0

    def __call__(self, x: jax.Array) -> jax.Array:
        if self._seed is None:
            return x
        self._calls += 1
        bits = jax.lax.iota(jnp.uint32, x.size).reshape(x.shape) + self._seed * np.uint32(2 * self._calls + 1)
        for factor in (0x85EBCA6B, 0xC2B2AE35):
            bits = (bits ^ (bits >> 16)) * np.uint32(factor)
        return jnp.where(bits ^ (bits >> 16) < np.uint32(self._keep * 2**32), x / self._keep, 0).astype(x.dtype)


def _norm(x: jax.Array, scale: jax.Array) -> jax.Array:
    squares = jnp.square(x.astype(jnp.float32)).mean(axis=1, keepdims=True)
    return (x * jax.lax.rsqrt(squares + EPSILON) * scale).astype(x.dtype)


def _unit(x: jax.Array) -> jax.Array:
    return x * jax.lax.rsqrt(jnp.square(x).sum(axis=1, keepdims=True) + EPSILON)
