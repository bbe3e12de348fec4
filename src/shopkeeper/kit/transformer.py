"""A causal transformer with gated pre-norm blocks: its weights, and its forward pass in numpy, for serving."""

from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.sequences import Tails

Array = NDArray[np.float32]
A = TypeVar("A")

EPSILON = 1e-6
N_DIGITS = 32
"""Of seconds, at most: 68 years."""
_NEVER = np.float32(-1e9)


class Network(NamedTuple, Generic[A]):
    """The weights: width d, N blocks of H heads and inner width f, looking L places back.

    A token starts as x = sqrt(d) * items[its item] + the sum of its rows of context. Each block adds to it twice (LiGR,
    Pinterest 2025; RMSNorm, Zhang and Sennrich 2019; SwiGLU, Shazeer 2020), s the logistic function:

    x += s(n G) * (attention(n Q, n K, n V) O),         n = norm(x)
    x += s(m G') * ((silu(m A) * (m B)) C),             m = norm(x)

    The state behind a token is norm(x), and its product with a row of items scores that item as the next one.
    """

    items: A
    """(n_items, d), read and scored by."""
    context: A
    """(n_context, d)"""
    attention_norm: A
    """(N, d)"""
    attention_in: A
    """(N, d, 4d): Q, K, V, G."""
    attention_out: A
    """(N, d, d): O."""
    distance: A
    """(N, H, L), added to the attention by how many places back it looks."""
    elapsed: A
    """(N, H, 32), and by how many binary digits the seconds have that lie between."""
    inner_norm: A
    """(N, d)"""
    inner_in: A
    """(N, d, 2f + d): A, B, G'."""
    inner_out: A
    """(N, f, d): C."""
    last_norm: A
    """(d,)"""


def last_states(network: Network[Array], tails: Tails) -> Array:
    """Return the state behind the last token of each row, shape (B, d); of an empty row, anything finite.

    All tokens pass through all blocks but the last, of which only the last token's answer is needed: with two blocks,
    little more than half the work.
    """
    n_blocks, n_places, width = len(network.distance), tails.item.shape[1], network.items.shape[1]
    x = network.items[tails.item] * np.float32(width**0.5) + network.context[tails.context].sum(axis=2)
    back = np.arange(n_places)[:, None] - np.arange(n_places)
    hidden = np.arange(n_places) < n_places - tails.lengths[:, None]
    digits = _digits(tails.at[:, :, None] - tails.at[:, None, :]) if network.elapsed.any() else None
    for block in range(n_blocks):
        first = n_places - 1 if block == n_blocks - 1 else 0
        bias = np.where(back >= 0, network.distance[block][:, np.maximum(back, 0)], _NEVER)[:, first:]
        if digits is not None:
            bias = bias + network.elapsed[block][:, digits[:, first:]].swapaxes(0, 1)
        x = _look_back(network, block, x, np.where(hidden[:, None, None], _NEVER, bias))
        x = _look_inside(network, block, x)
    return norm(x[:, -1], network.last_norm)


def norm(x: Array, scale: Array) -> Array:
    """Return x / rms(x) * scale over the last axis."""
    scaled: Array = x * (scale / np.sqrt(_squares(x) / np.float32(x.shape[-1]) + np.float32(EPSILON)))
    return scaled


def unit(x: Array) -> Array:
    """Return x divided by its length over the last axis."""
    scaled: Array = x / np.sqrt(_squares(x) + np.float32(EPSILON))
    return scaled


def _digits(seconds: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the number of binary digits, 0 for 0 and below."""
    digits: NDArray[np.int32] = np.frexp(np.clip(seconds, 0, 2 ** (N_DIGITS - 1) - 1).astype(np.float64))[1]
    return digits


def _squares(x: Array) -> Array:
    squares: Array = np.einsum("...d,...d->...", x, x)
    return squares[..., None]


def _look_back(network: Network[Array], block: int, x: Array, bias: Array) -> Array:
    """Add to the last tokens what they find in all before them; `bias`, (B, H, asking, T), says how many ask."""
    n_heads, n_asking, width = bias.shape[1], bias.shape[2], x.shape[2]
    weights = network.attention_in[block]
    normed = norm(x, network.attention_norm[block])
    asking = normed[:, -n_asking:]
    query = _heads(asking @ weights[:, :width], n_heads)
    key, value = (_heads(part, n_heads) for part in np.split(normed @ weights[:, width : 3 * width], 2, axis=-1))
    gate = asking @ weights[:, 3 * width :]
    match = query @ key.transpose(0, 1, 3, 2)
    match *= np.float32((width // n_heads) ** -0.5)
    match += bias
    match -= match.max(axis=-1, keepdims=True)
    np.exp(match, out=match)
    match /= match.sum(axis=-1, keepdims=True)
    found = (match @ value).transpose(0, 2, 1, 3).reshape(gate.shape)
    answered: Array = x[:, -n_asking:] + _logistic(gate) * (found @ network.attention_out[block])
    return answered


def _look_inside(network: Network[Array], block: int, x: Array) -> Array:
    """Add to each token what follows from itself."""
    width = network.inner_out.shape[1]
    inner = norm(x, network.inner_norm[block]) @ network.inner_in[block]
    left, right, gate = inner[..., :width], inner[..., width : 2 * width], inner[..., 2 * width :]
    answered: Array = x + _logistic(gate) * ((left * _logistic(left) * right) @ network.inner_out[block])
    return answered


def _heads(x: Array, n_heads: int) -> Array:
    """(B, T, d) -> (B, H, T, d / H)."""
    return x.reshape(*x.shape[:2], n_heads, x.shape[2] // n_heads).transpose(0, 2, 1, 3)


def _logistic(x: Array) -> Array:
    # The other form, 1 / (1 + exp(-x)), overflows where x is very negative.
    share: Array = np.float32(0.5) * (np.float32(1) + np.tanh(np.float32(0.5) * x))
    return share
