"""What counts of a product beside what its merchant says: tags that are sure enough, and what persons said."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shopkeeper.data.catalog import Attribute, Product


@dataclass(frozen=True, slots=True)
class Applied:
    """Fills what a merchant left empty; what the merchant says is never replaced."""

    categories: tuple[str, ...] = ()
    """Paths from the root, as those of a product."""
    brand: str | None = None
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def fill(self, product: Product) -> Product:
        """Return the product with it: categories and brand where there are none, tags and attributes that lack."""
        return replace(
            product,
            categories=product.categories or self.categories,
            brand=product.brand or self.brand,
            tags=tuple(dict.fromkeys((*product.tags, *self.tags))),
            attributes={**self.attributes, **product.attributes},
        )


NOTHING = Applied()
