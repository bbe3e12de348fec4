"""What is still going on."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled


def lasting(
    numbers: NDArray[np.int32],
    is_counted: NDArray[np.bool_],
    ages: NDArray[np.int64],
    spans: NDArray[np.float64],
    unit: int,
    is_over: NDArray[np.bool_],
) -> NDArray[np.int32]:
    """Return the counted ones of n numbers whose age, in whole parts of a unit, is under their span, (n_numbers,).

    A span of NaN is none, and so is that of a number that `is_over`, (n_numbers,).
    """
    return _lasting(numbers, is_counted, ages, spans, unit, is_over)


@compiled
def _lasting(
    numbers: NDArray[np.int32],
    is_counted: NDArray[np.bool_],
    ages: NDArray[np.int64],
    spans: NDArray[np.float64],
    unit: int,
    is_over: NDArray[np.bool_],
) -> NDArray[np.int32]:  # pragma: no cover - compiled
    found, n = np.empty(len(numbers), np.int32), 0
    for i in range(len(numbers)):
        if is_counted[i] and ages[i] / unit < spans[numbers[i]] and not is_over[numbers[i]]:
            found[n] = numbers[i]
            n += 1
    return found[:n]
