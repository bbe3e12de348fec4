"""What the catalogue service takes and gives."""

from collections.abc import Sequence
from typing import Annotated, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class ProductModel(BaseModel):
    """One product."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    item_id: str = Field(min_length=1, max_length=200)
    """The shop's own id."""
    title: str = Field(min_length=1, max_length=1000)
    """What customers call it."""
    description: Annotated[str, Field(max_length=100_000)] = ""
    """The text of its page."""
    brand: Annotated[str | None, Field(max_length=200)] = None
    """Its brand."""
    categories: Annotated[list[str], Field(max_length=100)] = []
    """Paths from the root, levels joined by ` > `."""
    tags: Annotated[list[str], Field(max_length=1000)] = []
    """The shop's own tags."""
    price_minor: Annotated[int | None, Field(ge=0, le=2**53)] = None
    """Price in minor units (cents)."""
    currency: Annotated[str | None, Field(pattern=r"^[A-Z]{3}$")] = None
    """ISO 4217 code; needed with a price."""
    url: Annotated[str | None, Field(max_length=2000)] = None
    """Its page."""
    image_url: Annotated[str | None, Field(max_length=2000)] = None
    """Its picture."""
    available: bool = True
    """Whether it can be bought now."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.price_minor is None) != (self.currency is None):
            raise ValueError("price_minor and currency belong together")
        return self


class Products(BaseModel):
    """Products."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    products: list[ProductModel] = Field(max_length=10_000)
    """At most ten thousand."""


class Stored(BaseModel):
    """What became of products."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    stored: int
    """How many."""


class Catalog(Protocol):
    """The catalogue service."""

    async def put(self, products: Products) -> Stored:
        """Store products, all or none, replacing those of the same id."""

    async def search(self, text: str, *, limit: int = 20) -> Products:
        """Return products whose title or id holds the text, ignoring case."""

    async def get(self, item_id: str) -> ProductModel:
        """Return one product; NotFound when there is none."""

    async def get_many(self, item_ids: Sequence[str]) -> dict[str, ProductModel]:
        """Return the known ones among the ids."""
