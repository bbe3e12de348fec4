"""The forward pass of a causal transformer with gated pre-norm blocks, in numpy: what serving needs of it."""

from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
A = TypeVar("A")

_EPSILON = np.float32(1e-6)
_NEVER = np.float32(-1e9)


class Blocks(NamedTuple, Generic[A]):
    """The weights of N blocks of width d with H heads, stacked.

    Each block adds twice to what it is given (LiGR, Pinterest 2025; RMSNorm, Zhang and Sennrich 2019; SwiGLU, Shazeer
    2020), with s the logistic function:

    x += s(n G) * (attention(n Q, n K, n V) O),         n = norm(x)
    x += s(m G') * ((silu(m A) * (m B)) C),             m = norm(x)
    """

    attention_norm: A
    """(N, d)"""
    attention_in: A
    """(N, d, 4d): Q, K, V, G."""
    attention_out: A
    """(N, d, d): O."""
    distance: A
    """(N, H, L), added to the attention by how many places back it looks."""
    mlp_norm: A
    """(N, d)"""
    mlp_in: A
    """(N, d, 2f + d): A, B, G'."""
    mlp_out: A
    """(N, f, d): C."""


def last_states(x: Array, lengths: NDArray[np.integer], blocks: Blocks[Array]) -> Array:
    """Return what the blocks make of the last place of each row, shape (B, d).

    `x`, shape (B, T, d), holds rows of `lengths` places that end at the right; what is left of them is never looked at.
    All places pass through all blocks but the last, of which only its last place is asked for: half the work of two.
    """
    n_blocks, n_heads, _ = blocks.distance.shape
    n_places = x.shape[1]
    hidden = np.arange(n_places) < n_places - lengths[:, None]
    back = np.arange(n_places)[:, None] - np.arange(n_places)
    for block in range(n_blocks):
        first = n_places - 1 if block == n_blocks - 1 else 0
        bias = np.where(back >= 0, blocks.distance[block][:, np.maximum(back, 0)], _NEVER)[:, first:]
        x = _attend(x, first, np.where(hidden[:, None, None], _NEVER, bias), blocks, block, n_heads)
        x = _transform(x, blocks, block)
    return x[:, -1]


def norm(x: Array, scale: Array) -> Array:
    """Return x / rms(x) * scale over the last axis."""
    squares = np.einsum("...d,...d->...", x, x)[..., None]
    return x * (scale / np.sqrt(squares / np.float32(x.shape[-1]) + _EPSILON))


def unit(x: Array) -> Array:
    """Return the rows divided by their length; zero stays zero."""
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), _EPSILON)


def _attend(x: Array, first: int, bias: Array, blocks: Blocks[Array], block: int, n_heads: int) -> Array:
    """Add what the places from `first` on find in all places before them; `bias` is (B, H, T - first, T)."""
    width = x.shape[-1]
    weights = blocks.attention_in[block]
    normed = norm(x, blocks.attention_norm[block])
    asking = normed[:, first:]
    query = _heads(asking @ weights[:, :width], n_heads)
    key, value = (_heads(normed @ weights[:, width * i : width * (i + 1)], n_heads) for i in (1, 2))
    gate = asking @ weights[:, 3 * width :]
    match = query @ key.transpose(0, 1, 3, 2)
    match *= np.float32((width // n_heads) ** -0.5)
    match += bias
    match -= match.max(axis=-1, keepdims=True)
    np.exp(match, out=match)
    match /= match.sum(axis=-1, keepdims=True)
    found = (match @ value).transpose(0, 2, 1, 3).reshape(gate.shape)
    return x[:, first:] + _logistic(gate) * (found @ blocks.attention_out[block])


def _transform(x: Array, blocks: Blocks[Array], block: int) -> Array:
    normed = norm(x, blocks.mlp_norm[block])
    inner = normed @ blocks.mlp_in[block]
    width = blocks.mlp_out.shape[1]
    left, right, gate = inner[..., :width], inner[..., width : 2 * width], inner[..., 2 * width :]
    left = left * _logistic(left) * right
    return x + _logistic(gate) * (left @ blocks.mlp_out[block])


def _heads(x: Array, n_heads: int) -> Array:
    """(B, T, d) -> (B, H, T, d / H)."""
    return x.reshape(*x.shape[:2], n_heads, -1).transpose(0, 2, 1, 3)


def _logistic(x: Array) -> Array:
    # The other form, 1 / (1 + exp(-x)), overflows where x is very negative.
    return np.float32(0.5) * (np.float32(1) + np.tanh(np.float32(0.5) * x))
