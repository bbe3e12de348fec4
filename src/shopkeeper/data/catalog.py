"""What the shop sells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shopkeeper.kit.money import Money

LEVELS = " > "
"""Joins the levels of a category's path."""

Attribute = str | int | float | bool | tuple[str, ...]
"""What can be said under a name: a text, a number, yes or no, or several texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One of the forms in which a product is sold, such as a size; what it does not say is as the product says."""

    variant_id: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    price: Money | None = None
    stock: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product as the merchant describes it."""

    item_id: str
    title: str
    description: str = ""
    brand: str | None = None
    categories: tuple[str, ...] = ()
    """Paths from the root, levels joined by ` > `."""
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    price: Money | None = None
    url: str | None = None
    image_url: str | None = None
    available: bool = True
    """Whether the merchant sells it at all; `is_available` tells whether it can be bought."""
    available_from: datetime | None = None
    available_until: datetime | None = None
    stock: int | None = None
    """Pieces left; None: not counted."""
    variants: tuple[Variant, ...] = ()
    created_at: datetime | None = None
    """Since when the shop has it."""

    @property
    def text(self) -> str:
        """All that is said of it, the title first."""
        return "\n".join(filter(None, (self.title, self.brand, *self.categories, *self.tags, self.description)))


class Stocked(Protocol):
    """What is counted, or not."""

    @property
    def stock(self) -> int | None:
        """Pieces left; None: not counted."""


class Sellable(Stocked, Protocol):
    """What decides whether something can be bought: of a `Product`, and of what a service tells of one."""

    @property
    def available(self) -> bool:
        """Whether it is sold at all."""

    @property
    def available_from(self) -> datetime | None:
        """The first moment, if there is one."""

    @property
    def available_until(self) -> datetime | None:
        """The first moment after, if there is one."""

    @property
    def variants(self) -> Sequence[Stocked]:
        """Its forms."""


def is_available(product: Sellable, at: datetime) -> bool:
    """Tell whether it can be bought then: on sale, inside its window, and neither it nor every variant sold out."""
    return (
        product.available
        and (product.available_from is None or product.available_from <= at)
        and (product.available_until is None or at < product.available_until)
        and has_stock(product)
    )


def has_stock(product: Sellable) -> bool:
    """Tell whether neither it nor every variant is sold out."""
    return product.stock != 0 and (not product.variants or any(variant.stock != 0 for variant in product.variants))
