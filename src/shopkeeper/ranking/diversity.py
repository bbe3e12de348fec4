"""Lists that do not say the same thing ten times."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from shopkeeper.data.columns import Columns
from shopkeeper.kit.spread import spread
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


def diversify(found: Candidates, columns: Columns, share: float, n: int) -> Candidates:
    """Return the candidates with n chosen one by one, each for its merit and for what is not there yet.

    Maximal marginal relevance (Carbonell & Goldstein 1998): the next is the one with the largest
    (1 - share) merit_i / max merit - share max over chosen j of cos(i, j), over vectors of what is in the catalogue:
    a one for each level of each category, and for the brand. What is left follows in its order.
    """
    if not share or len(found) < 2:
        return found
    worth = (1 - share) * found.merit / found.merit.max()
    return found.take(spread(worth, found.item_idx, columns.sets(_ABOUT), share, n))
