"""Whether things come together more often than by chance, when many pairs are looked at."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


def together_by_chance(both: Numbers, a: Numbers, b: Numbers, n: int) -> NDArray[np.float64]:
    """Return how likely two things that lie in a and in b of n baskets share `both` or more (Fisher's exact test)."""
    from scipy import stats  # which takes longer to load than all else that a server needs

    return np.asarray(stats.hypergeom.sf(both - 1, n, a, b), np.float64)


def q_values(p: NDArray[np.float64], n_tests: int) -> NDArray[np.float64]:
    """Return the share of false discoveries at which each test would still be one (Benjamini and Hochberg, 1995).

    `p` are the smallest of `n_tests`: the others, which nobody computed, are taken for 1.
    """
    order = np.argsort(p, kind="stable")
    ranked = p[order] * n_tests / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return q
