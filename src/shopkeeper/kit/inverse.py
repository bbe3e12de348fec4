"""The inverse of a large symmetric matrix, in its own memory."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import spotrf, spotri

from shopkeeper.kit.errors import InvalidInput

_BLOCK_ROWS = 512


def inverse(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the inverse of a symmetric positive definite matrix, (n, n), which is overwritten.

    By Cholesky: n^3 multiplications in all, and no second matrix.
    """
    if not len(matrix):
        return matrix
    # The transpose of a symmetric matrix is the same in the order of columns that LAPACK works on in place.
    factor, failed = spotrf(matrix.T, lower=1, overwrite_a=1, clean=0)
    if failed:
        raise InvalidInput("The matrix is not positive definite; raise the regularisation.")
    inverted: NDArray[np.float32] = spotri(factor, lower=1, overwrite_c=1)[0].T
    for first in range(0, len(inverted), _BLOCK_ROWS):
        last = min(first + _BLOCK_ROWS, len(inverted))
        inverted[first:last, :first] = inverted[:first, first:last].T
        corner = inverted[first:last, first:last]
        corner[:] = np.triu(corner) + np.triu(corner, 1).T
    return inverted
