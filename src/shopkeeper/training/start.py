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


def first_items(sequences: Sequences, n_items: int, config: TransformerConfig, rng: Generator) -> Array:
    """Return embeddings to start from, shape (n_items, factors), about unit vectors.

    svd: the right singular vectors V of the binary matrix of sequences and their items, times the roots of their
    values; items of the same sequences start near each other, which passes over the data would have to find out.
    """
    random = rng.standard_normal((n_items, config.factors), np.float32) * np.float32(config.factors**-0.5)
    if config.start == "random" or not len(sequences.item):
        return random
    rows = np.repeat(np.arange(len(sequences)), sequences.lengths)
    cells = np.unique(rows * n_items + sequences.item)
    shape = (len(sequences), n_items)
    matrix = sp.csr_matrix((np.ones(len(cells), np.float32), np.divmod(cells, n_items)), shape=shape)
    found = truncated_svd(matrix, sp.csr_matrix(matrix.T), config.factors, rng, on_progress=ignore)
    items = np.float32(_NOISE) * random
    items[:, : len(found.values)] += unit(found.right * np.sqrt(found.values))
    return items
