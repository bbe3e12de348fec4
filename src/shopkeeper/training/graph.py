"""The same transformer as `kit/transformer.py`, as a graph that can be differentiated, and its losses."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.kit.transformer import Blocks
from shopkeeper.training.config import TransformerConfig
from shopkeeper.training.sequences import Batch

_CHUNK = 1024
"""Events whose scores for all products are held in memory together."""


class Weights(NamedTuple):
    """All that is learned."""

    items: jax.Array
    """(n_items, d): what an item adds to a token, and what scores it."""
    context: jax.Array
    """(n_context, d)"""
    blocks: Blocks[jax.Array]
    norm: jax.Array
    """(d,), of what the blocks return."""


class Negatives(NamedTuple):
    """K items drawn with replacement."""

    item: NDArray[np.int32]
    """(K,)"""
    log_expected: NDArray[np.float32]
    """(K,), ln of how often each is expected among the K."""


def initial(config: TransformerConfig, n_items: int, n_context: int, rng: Generator) -> Weights:
    """Return weights to start from; what writes into the residual stream starts small."""
    d, f, n = config.factors, config.mlp_factors, config.n_blocks

    def normal(scale: float, *shape: int) -> jax.Array:
        return jnp.asarray((rng.standard_normal(shape) * scale).astype(np.float32))

    return Weights(
        items=normal(d**-0.5, n_items, d),
        context=normal(0.02, n_context, d),
        blocks=Blocks(
            attention_norm=jnp.ones((n, d)),
            attention_in=normal(d**-0.5, n, d, 4 * d),
            attention_out=normal(d**-0.5 / (2 * n), n, d, d),
            distance=jnp.zeros((n, config.n_heads, config.max_length)),
            mlp_norm=jnp.ones((n, d)),
            mlp_in=normal(d**-0.5, n, d, 2 * f + d),
            mlp_out=normal(f**-0.5 / (2 * n), n, f, d),
        ),
        norm=jnp.ones(d),
    )


def states(weights: Weights, batch: Batch, config: TransformerConfig, seed: jax.Array | None = None) -> jax.Array:
    """Return the state behind each token, shape (R * L, d), unit rows with `cosine`; with a seed, with dropout."""
    # Tokens stay one axis outside attention: gradients of products over two axes take several times as long on a CPU.
    dtype = jnp.float32 if jax.default_backend() == "cpu" else jnp.bfloat16
    n_context, width = weights.context.shape
    context = batch.context.reshape(batch.item.size, -1)
    known = jax.nn.one_hot(context, n_context, dtype=dtype).sum(axis=-2) @ weights.context.astype(dtype)
    drop = _Dropout(config.dropout, seed)
    x = scaled_items(weights, config)[batch.item.reshape(-1)] * width**0.5
    x = drop(x.astype(dtype) + known)
    for i in range(config.n_blocks):
        block = Blocks(*(stack[i].astype(dtype) for stack in weights.blocks))
        query, key, value, gate = jnp.split(_norm(x, block.attention_norm) @ block.attention_in, 4, axis=-1)
        found = _attention(query, key, value, block.distance, batch.sequence)
        x = x + drop(jax.nn.sigmoid(gate) * (found @ block.attention_out))
        inner = _norm(x, block.mlp_norm) @ block.mlp_in
        left, right, gate = jnp.split(inner, (config.mlp_factors, 2 * config.mlp_factors), axis=-1)
        x = x + drop(jax.nn.sigmoid(gate) * (drop(jax.nn.silu(left) * right) @ block.mlp_out))
    x = _norm(x.astype(jnp.float32), weights.norm)
    return _unit(x) if config.cosine else x


def _attention(
    query: jax.Array, key: jax.Array, value: jax.Array, distance: jax.Array, sequence: NDArray[np.int32]
) -> jax.Array:
    """Return what each token, (R * L, d), finds in those before it in its sequence, (R, L)."""
    n_heads, (n_rows, length) = len(distance), sequence.shape

    def heads(x: jax.Array) -> jax.Array:
        x = x.reshape(n_rows, length, n_heads, -1).swapaxes(1, 2)
        return x.reshape(n_rows * n_heads, length, -1)

    back = np.arange(length)[:, None] - np.arange(length)
    seen = (sequence[:, :, None] == sequence[:, None, :]) & (back >= 0)
    match = heads(query) @ heads(key).swapaxes(1, 2) * (query.shape[1] // n_heads) ** -0.5
    match = match.reshape(n_rows, n_heads, length, length) + distance[:, np.maximum(back, 0)]
    match = jnp.where(seen[:, None], match.astype(jnp.float32), -1e9)
    share = jax.nn.softmax(match, axis=-1).astype(query.dtype)
    found = share.reshape(n_rows * n_heads, length, length) @ heads(value)
    return found.reshape(n_rows, n_heads, length, -1).swapaxes(1, 2).reshape(query.shape)


def scaled_items(weights: Weights, config: TransformerConfig) -> jax.Array:
    """Return the item table as it is used on both sides: unit rows with `cosine`."""
    return _unit(weights.items) if config.cosine else weights.items


def loss(
    weights: Weights, batch: Batch, negatives: Negatives | None, config: TransformerConfig, seed: jax.Array
) -> jax.Array:
    """Return the mean cross-entropy of what comes next, over all places of the batch.

    With negatives the sum over all items i of exp(s_i) is estimated by exp(s_target) plus the mean over the K drawn of
    exp(s_j) / q_j, the target left out: the logQ correction, on the negatives alone (Bengio and Senecal 2008).
    """
    state = states(weights, batch, config, seed) / config.temperature
    target = batch.target.reshape(-1)
    items = scaled_items(weights, config)
    if negatives is None:
        losses = _full_softmax(state, target, items)
    else:
        positive = (state * items[target]).sum(axis=-1)
        other = state @ items[negatives.item].T - negatives.log_expected
        other = jnp.where(negatives.item == target[:, None], -jnp.inf, other)
        losses = jnp.logaddexp(positive, jax.nn.logsumexp(other, axis=-1)) - positive
    counted = target >= 0
    return jnp.where(counted, losses, 0).sum() / jnp.maximum(counted.sum(), 1)


def _full_softmax(state: jax.Array, target: jax.Array, items: jax.Array) -> jax.Array:
    def of_chunk(chunk: tuple[jax.Array, jax.Array]) -> jax.Array:
        part, wanted = chunk
        return jax.nn.logsumexp(part @ items.T, axis=-1) - (part * items[wanted]).sum(axis=-1)

    size = min(_CHUNK, len(target))
    rest = -len(target) % size
    chunks = jnp.pad(state, ((0, rest), (0, 0))), jnp.pad(target, (0, rest))
    chunked = tuple(array.reshape(-1, size, *array.shape[1:]) for array in chunks)
    losses: jax.Array = jax.lax.map(jax.checkpoint(of_chunk), chunked)
    return losses.reshape(-1)[: len(target)]


class _Dropout:
    """Zeroes a share of the values and scales up the others; without a seed it does nothing.

    The bits are a hash of a counter (the finalizer of MurmurHash3): drawing them as jax.random does took longer than
    the network.
    """

    def __init__(self, share: float, seed: jax.Array | None) -> None:
        self._keep, self._seed, self._calls = 1 - share, seed if share else None, 0

    def __call__(self, x: jax.Array) -> jax.Array:
        if self._seed is None:
            return x
        self._calls += 1
        bits = jax.lax.iota(jnp.uint32, x.size).reshape(x.shape) + self._seed * np.uint32(2 * self._calls + 1)
        for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
            bits = (bits ^ (bits >> shift)) * np.uint32(factor)
        bits ^= bits >> 16
        return jnp.where(bits < np.uint32(self._keep * 2**32), x / self._keep, 0).astype(x.dtype)


def _norm(x: jax.Array, scale: jax.Array) -> jax.Array:
    squares = jnp.square(x.astype(jnp.float32)).mean(axis=-1, keepdims=True)
    return (x * jax.lax.rsqrt(squares + 1e-6) * scale).astype(x.dtype)


def _unit(x: jax.Array) -> jax.Array:
    return x * jax.lax.rsqrt(jnp.square(x).sum(axis=-1, keepdims=True) + 1e-12)
