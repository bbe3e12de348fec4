"""Where the embeddings of items start."""

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator

from shopkeeper.estimator import ignore
from shopkeeper.kit.sequences import Sequences
from shopkeeper.kit.svd import truncated_svd
from shopkeeper.kit.transformer import Array, unit
from shopkeeper.training.config import TransformerConfig

_NOISE = 0.1
_WINDOW, _HALF_LIFE = 7, 1.5
_SHRINK = 3.0


def first_items(sequences: Sequences, n_items: int, config: TransformerConfig, rng: Generator) -> Array:
    """Return embeddings to start from, shape (n_items, factors), about unit vectors.

    near: the singular vectors of D^-1/2 (W + W') D^-1/2 times the roots of their values, w_ij the pairs of an i with a
    later j of its sequence, half as much for each 1.5 places between and as far as both count, d_ii the sum of row i
    plus 3. Items that stand near each other start near each other, which passes over the data would have to find out.
    """
    random = rng.standard_normal((n_items, config.factors), np.float32) * np.float32(config.factors**-0.5)
    if config.start == "random" or not len(sequences.item):
        return random
    near = _near(sequences, n_items)
    found = truncated_svd(near, near, config.factors, rng, on_progress=ignore)
    items = np.float32(_NOISE) * random
    items[:, : len(found.values)] += unit(found.right * np.sqrt(found.values))
    return items


def _near(sequences: Sequences, n_items: int) -> "sp.csr_matrix[np.float32]":
    """Return the symmetric matrix of `first_items`."""
    item, owner = sequences.item, np.repeat(np.arange(len(sequences)), sequences.lengths)
    none = np.empty(0, np.float32), (np.empty(0, np.int32), np.empty(0, np.int32))
    pairs: sp.csr_matrix[np.float32] = sp.csr_matrix(none, shape=(n_items, n_items))
    for apart in range(1, min(_WINDOW, len(item) - 1) + 1):
        same = owner[apart:] == owner[:-apart]
        weight = np.full(np.count_nonzero(same), 2 ** (-(apart - 1) / _HALF_LIFE), np.float32)
        if sequences.weight is not None:
            weight *= sequences.weight[:-apart][same] * sequences.weight[apart:][same]
        pairs = pairs + sp.csr_matrix((weight, (item[:-apart][same], item[apart:][same])), shape=pairs.shape)
    pairs = pairs + pairs.T
    scale = sp.diags((np.asarray(pairs.sum(axis=1)).ravel() + _SHRINK) ** -0.5)
    return sp.csr_matrix(scale @ pairs @ scale, dtype=np.float32)
