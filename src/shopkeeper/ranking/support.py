"""How many people stand behind an edge from product to product, and lists that are held to enough of them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.columns import Mask
from shopkeeper.data.items import Reason
from shopkeeper.data.query import Query
from shopkeeper.kit.sparse import Rows
from shopkeeper.ranking.sources import Found, Source


@dataclass(frozen=True, slots=True, eq=False)
class Support:
    """The people whom pairs of products have in common, in the numbers of a catalogue."""

    pairs: Rows
    """(n, n) over the products of a fitted model: how many people took both."""
    places: NDArray[np.intp]
    """(n,), the number of each of these products in the catalogue."""

    def of(self, item_idx: NDArray[np.integer], least: int, n_items: int) -> Mask:
        """Return which of the catalogue's products share `least` people with one of some, shape (n_items,)."""
        enough = np.zeros(n_items, np.bool_)
        for own in np.flatnonzero(np.isin(self.places, item_idx)).tolist():
            pair = slice(self.pairs.indptr[own], self.pairs.indptr[own + 1])
            enough[self.places[self.pairs.indices[pair][self.pairs.data[pair] >= least]]] = True
        return enough


class Supported:
    """A source whose products are asked for only where enough people stand behind them."""

    def __init__(self, source: Source, enough: Mask) -> None:
        self.name, self._source, self._enough = source.name, source, enough

    def find(self, query: Query, n: int) -> Found:
        """Return the n best of the allowed products that are supported."""
        return self._source.find(replace(query, allowed=query.allowed & self._enough), n)

    def explain(self, query: Query, items: NDArray[np.int32]) -> list[Reason]:
        """Ask the source why."""
        return self._source.explain(query, items)
