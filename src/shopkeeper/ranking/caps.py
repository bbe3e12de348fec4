"""How much of a list one brand, one category or one seller may take."""

from math import ceil
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from shopkeeper.data.columns import ATTRIBUTE, Columns
from shopkeeper.kit.limited import limited
from shopkeeper.ranking.candidates import Candidates

Part = Annotated[float, Field(gt=0, le=1)]


class Caps(BaseModel):
    """The largest shares of a list."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    brand: Part = 1.0
    """That one brand may take."""
    category: Part = 1.0
    """That the products may take whose first category is the same."""
    seller: Part = 1.0
    """That one seller may take, by the products' attribute `seller`."""

    def columns(self) -> dict[str, float]:
        """Return the share of each column that is capped."""
        shares = {"brand": self.brand, "category": self.category, f"{ATTRIBUTE}seller": self.seller}
        return {name: share for name, share in shares.items() if share < 1}


def cap(found: Candidates, columns: Columns, caps: Caps, n: int) -> Candidates:
    """Return the candidates with n first of which nothing takes more than its share, rounded up.

    What goes beyond comes after all else, so that a list gets no shorter: what a filter asks for may be of one brand.
    """
    shares = caps.columns()
    if not shares:
        return found
    names, most = tuple(shares), np.array([ceil(share * n - 1e-9) for share in shares.values()], np.int32)
    sets, part_of = columns.sets(names), columns.parts(names)
    return found.reordered(lambda front: limited(front.item_idx, sets, part_of, most, n))
