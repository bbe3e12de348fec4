"""What the shop sells."""

from dataclasses import dataclass

from shopkeeper.kit.money import Money


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
    price: Money | None = None
    url: str | None = None
    image_url: str | None = None
    available: bool = True

    @property
    def text(self) -> str:
        """All that is said of it, the title first."""
        return "\n".join(filter(None, (self.title, self.brand, *self.categories, *self.tags, self.description)))
