"""What the catalogue service takes and gives."""

from collections.abc import Sequence
from typing import Protocol

from shopkeeper.ports import CatalogChanges
from shopkeeper.services.catalog.contract.products import (
    Attribute,
    Attributes,
    Changes,
    ProductChange,
    ProductModel,
    Products,
    Removed,
    Stored,
    VariantModel,
    product_of,
)
from shopkeeper.services.catalog.contract.tags import (
    CategoryChoice,
    CategoryOut,
    Decided,
    Decision,
    Decisions,
    ProductTags,
    Reviews,
    TagOut,
    Tree,
    Waiting,
)

__all__ = [
    "Attribute",
    "Attributes",
    "Catalog",
    "CategoryChoice",
    "CategoryOut",
    "Changes",
    "Decided",
    "Decision",
    "Decisions",
    "ProductChange",
    "ProductModel",
    "ProductTags",
    "Products",
    "Removed",
    "Reviews",
    "Stored",
    "TagOut",
    "Tree",
    "VariantModel",
    "Waiting",
    "product_of",
]


class Catalog(Protocol):
    """The catalogue service."""

    async def put(self, products: Products) -> Stored:
        """Store products, all or none, replacing those of the same id."""

    async def update(self, item_id: str, change: ProductChange) -> ProductModel:
        """Change what is named of one product and return it whole; NotFound when there is none."""

    async def remove(self, item_id: str) -> Removed:
        """Remove a product; none there is no error, so that a retry is safe."""

    async def search(
        self, text: str = "", *, category: str | None = None, brand: str | None = None, limit: int = 20, offset: int = 0
    ) -> Products:
        """Return products whose title or id holds the text, ignoring case, in title order, from an offset on.

        A category holds what lies below it; a brand is that alone.
        """

    async def get(self, item_id: str) -> ProductModel:
        """Return one product; NotFound when there is none."""

    async def get_many(self, item_ids: Sequence[str]) -> dict[str, ProductModel]:
        """Return the known ones among the ids."""

    async def feed(self, since: int = 0, *, limit: int = 1000) -> CatalogChanges:
        """Return what `changes` returns, as the shop's own products: what lists are made from."""

    async def changes(self, since: int = 0, *, limit: int = 1000) -> Changes:
        """Return the first products changed after a number, in the order of their last change; 0: after nothing."""

    async def tags(self, item_id: str) -> ProductTags:
        """Return what is said of one product beside what its merchant says; NotFound when there is none."""

    async def reviews(self, *, limit: int = 20, name: str | None = None) -> Reviews:
        """Return what waits for a person, by how unsure it is and how often it is seen, values taking turns."""

    async def review(self, decisions: Decisions) -> Decided:
        """Take decisions, all or none: they count at once, taggers learn from them, and only persons undo them.

        NotFound for a product that is not there, InvalidInput for what cannot be right.
        """

    async def tree(self) -> Tree:
        """Return the shop's categories: its own tree, else the paths that its products have."""
