"""A bidirectional transformer as BERT is one: its weights, and its forward pass in numpy, for serving."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

Array = NDArray[np.float32]


class Norm(NamedTuple):
    """Scale and offset of a layer normalisation, (d,) each."""

    scale: Array
    offset: Array


class Linear(NamedTuple):
    """x W + b."""

    weight: Array
    """(inputs, outputs)"""
    bias: Array


class Layer(NamedTuple):
    """One block: attention over all tokens, then each token by itself; both added to what was there and normalised."""

    attention_in: Linear
    """(d, 3d): queries, keys, values."""
    attention_out: Linear
    attention_norm: Norm
    inner_in: Linear
    inner_out: Linear
    inner_norm: Norm


class Bert(NamedTuple):
    """The weights (Devlin et al. 2019), of width d."""

    tokens: Array
    """(n_tokens, d)"""
    places: Array
    """(longest, d), what is added at each place of a text."""
    norm: Norm
    layers: tuple[Layer, ...]
    n_heads: int
    epsilon: float


def states(network: Bert, tokens: NDArray[np.int64]) -> Array:
    """Return the last state of each token, (B, T, d), of texts that all have T tokens: none is padded."""
    x = _normed(network.tokens[tokens] + network.places[: tokens.shape[1]], network.norm, network.epsilon)
    for layer in network.layers:
        found = _attend(x, layer, network.n_heads)
        x = _normed(x + _linear(found, layer.attention_out), layer.attention_norm, network.epsilon)
        inner = _linear(_gelu(_linear(x, layer.inner_in)), layer.inner_out)
        x = _normed(x + inner, layer.inner_norm, network.epsilon)
    return x


def _attend(x: Array, layer: Layer, n_heads: int) -> Array:
    """Return for each token the values of all, weighed by how well its query matches their keys."""
    n, n_tokens, width = x.shape
    parts = _linear(x, layer.attention_in).reshape(n, n_tokens, 3, n_heads, width // n_heads)
    query, key, value = parts.transpose(2, 0, 3, 1, 4)
    match = query @ key.swapaxes(-1, -2) * np.float32((width // n_heads) ** -0.5)
    match -= match.max(axis=-1, keepdims=True)
    np.exp(match, out=match)
    match /= match.sum(axis=-1, keepdims=True)
    found: Array = (match @ value).swapaxes(1, 2).reshape(n, n_tokens, width)
    return found


def _linear(x: Array, by: Linear) -> Array:
    # As one product of two matrices: numpy multiplies stacks one by one.
    answer = x.reshape(-1, x.shape[-1]) @ by.weight
    answer += by.bias
    return answer.reshape(*x.shape[:-1], by.weight.shape[1])


def _normed(x: Array, by: Norm, epsilon: float) -> Array:
    x = x - x.mean(axis=-1, keepdims=True)
    x /= np.sqrt(np.einsum("...d,...d->...", x, x)[..., None] / np.float32(x.shape[-1]) + np.float32(epsilon))
    x *= by.scale
    x += by.offset
    return x


def _gelu(x: Array) -> Array:
    share = erf(x * np.float32(0.5**0.5))
    share += 1
    share *= x
    share *= np.float32(0.5)
    return np.asarray(share, np.float32)
