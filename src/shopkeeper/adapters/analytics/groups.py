"""Products by what the catalogue says of them."""

from collections.abc import Callable, Mapping

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from shopkeeper.data.catalog import LEVELS, Product
from shopkeeper.data.insights import Breakdown
from shopkeeper.ports import CatalogStore


def _root(product: Product) -> str | None:
    return product.categories[0].split(LEVELS)[0] if product.categories else None


def _brand(product: Product) -> str | None:
    return product.brand


_READ: Mapping[Breakdown, Callable[[Product], str | None]] = {"category": _root, "brand": _brand}


def item_ids(connection: DuckDBPyConnection) -> list[str]:
    """Return the products that anything was done with, each at its number."""
    return [item_id for (item_id,) in connection.execute("SELECT item_id FROM items ORDER BY item").fetchall()]


def groups(connection: DuckDBPyConnection, catalog: CatalogStore, by: Breakdown) -> tuple[list[str], NDArray[np.int64]]:
    """Return the values, and the place of that of each product; -1 where it has none, and for no product."""
    read = _READ[by]
    told = {product.item_id: value for product in catalog.all() if (value := read(product))}
    values = sorted(set(told.values()))
    places = {value: place for place, value in enumerate(values)}
    group_of = [places[told[item_id]] if item_id in told else -1 for item_id in item_ids(connection)]
    return values, np.array([*group_of, -1], np.int64)
