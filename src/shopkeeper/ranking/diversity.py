"""Lists that do not say the same thing ten times."""

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from shopkeeper.data.columns import Columns
from shopkeeper.kit.determinants import determinantal
from shopkeeper.kit.spread import cosines, spread
from shopkeeper.ranking.candidates import Candidates

LEVELS = {"none": 0.0, "low": 0.1, "medium": 0.25, "high": 0.5}
"""A product unlike all others may pass about 3 that are all alike with low, 10 with medium, any with high."""

_ABOUT = ("categories", "brand")


def _level(given: object) -> object:
    if isinstance(given, str) and given not in LEVELS:
        raise ValueError(f"diversity is a number from 0 to 1, or one of {', '.join(LEVELS)}, not {given!r}")
    return LEVELS[given] if isinstance(given, str) else given


Diversity = Annotated[float, BeforeValidator(_level, json_schema_input_type=float | str), Field(ge=0, le=1)]
"""A share from 0 to 1, or a word of `LEVELS`."""

Method = Literal["mmr", "dpp", "dpp_vectors"]
Vectors = Callable[[NDArray[np.int32]], NDArray[np.float32]]
"""Products' vectors, (n, d), of which a row of NaN says nothing."""


def diversify(
    found: Candidates,
    columns: Columns,
    share: float,
    n: int,
    method: Method = "mmr",
    vectors: Vectors | None = None,
) -> Candidates:
    """Return the candidates with n chosen one by one, each for its merit and for what is not there yet.

    `mmr`: maximal marginal relevance (Carbonell & Goldstein 1998): the next is the one with the largest
    (1 - share) merit_i / max merit - share max over chosen j of cos(i, j), over vectors of what is in the catalogue:
    a one for each level of each category, and for the brand. `dpp`: the one that adds most to the volume that these
    vectors span, merit counting as length (Chen et al. 2018): what is like two together counts as well; `dpp_vectors`:
    the same by the vectors of a model, where it has any. What is left follows in its order.
    """
    if not share:
        return found

    def chosen(front: Candidates) -> NDArray[np.int64]:
        worth, items = front.merit / front.merit[0], front.item_idx
        if method == "mmr":
            return spread((1 - share) * worth, items, columns.sets(_ABOUT), share, n)
        if method == "dpp_vectors" and vectors:
            return determinantal(worth, _by_vectors(vectors(items)), share, n)
        sets = columns.sets(_ABOUT)
        return determinantal(worth, lambda place: cosines(items, sets, place), share, n)

    return found.reordered(chosen)


def _by_vectors(vectors: NDArray[np.float32]) -> Callable[[int], NDArray[np.float64]]:
    """Return what gives the cosines of all to the one in a place; what is not known is like nothing."""
    known = np.nan_to_num(vectors).astype(np.float64)
    unit = known / np.maximum(np.linalg.norm(known, axis=1, keepdims=True), 1e-12)

    def alike(place: int) -> NDArray[np.float64]:
        row = unit @ unit[place]
        row[place] = 1.0
        return np.asarray(row)

    return alike
