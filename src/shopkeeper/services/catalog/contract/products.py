"""What the catalogue service takes and gives of products."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from shopkeeper.data import catalog
from shopkeeper.data.catalog import Product, Variant
from shopkeeper.kit.money import Money


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the year must be from 1 to 9999 in UTC") from error


Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Text = Annotated[str, Field(max_length=1000)]
Attribute = (
    bool | Annotated[int, Field(ge=-(2**53), le=2**53)] | float | Text | Annotated[list[Text], Field(max_length=100)]
)
Attributes = Annotated[dict[Annotated[str, Field(min_length=1, max_length=100)], Attribute], Field(max_length=100)]
Price = Annotated[int | None, Field(ge=0, le=2**53)]
Currency = Annotated[str | None, Field(pattern=r"^[A-Z]{3}$")]
Stock = Annotated[int | None, Field(ge=0, le=1_000_000_000)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class VariantModel(_Model):
    """One of the forms in which a product is sold, such as a size."""

    variant_id: str = Field(min_length=1, max_length=200)
    """The shop's own id of it."""
    attributes: Attributes = {}
    """What sets it apart, by name: text, number, yes or no, or a list of texts."""
    price_minor: Price = None
    """Price in minor units, where it is not the product's."""
    currency: Currency = None
    """ISO 4217 code; needed with a price."""
    stock: Stock = None
    """Pieces left; without it, they are not counted."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _priced(self.price_minor, self.currency)
        return self


class ProductChange(_Model):
    """What shall be said of a product from now on; what is left out stays as it is."""

    title: Annotated[str, Field(min_length=1, max_length=1000)] = ""
    """What customers call it."""
    description: Annotated[str, Field(max_length=100_000)] = ""
    """The text of its page."""
    brand: Annotated[str | None, Field(max_length=200)] = None
    """Its brand."""
    categories: Annotated[list[Text], Field(max_length=100)] = []
    """Paths from the root, levels joined by ` > `."""
    tags: Annotated[list[Text], Field(max_length=1000)] = []
    """The shop's own tags."""
    attributes: Attributes = {}
    """What else there is to say, by name: text, number, yes or no, or a list of texts."""
    price_minor: Price = None
    """Price in minor units (cents)."""
    currency: Currency = None
    """ISO 4217 code; needed with a price."""
    url: Annotated[str | None, Field(max_length=2000)] = None
    """Its page."""
    image_url: Annotated[str | None, Field(max_length=2000)] = None
    """Its picture."""
    available: bool = True
    """Whether it is sold at all."""
    available_from: Time | None = None
    """It cannot be bought before this time."""
    available_until: Time | None = None
    """It cannot be bought from this time on."""
    stock: Stock = None
    """Pieces left, 0: sold out; without it, they are not counted."""
    variants: Annotated[list[VariantModel], Field(max_length=200)] = []
    """Its forms; when each has a stock of 0, it is sold out."""
    created_at: Time | None = None
    """Since when the shop has it."""


class _Identified(_Model):
    item_id: str = Field(min_length=1, max_length=200)
    """The shop's own id."""


class ProductModel(ProductChange, _Identified):
    """One product."""

    title: str = Field(min_length=1, max_length=1000)
    """What customers call it."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _priced(self.price_minor, self.currency)
        if self.available_from and self.available_until and self.available_until <= self.available_from:
            raise ValueError("available_until must be after available_from")
        if len({variant.variant_id for variant in self.variants}) < len(self.variants):
            raise ValueError("variants must have different variant_ids")
        return self


def _priced(price_minor: int | None, currency: str | None) -> None:
    if (price_minor is None) != (currency is None):
        raise ValueError("price_minor and currency belong together")


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


class Removed(BaseModel):
    """What is gone."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    removed: int
    """How many there were."""


class Changes(BaseModel):
    """Products as they are now, told because they changed, in the order of their last change."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    products: list[ProductModel]
    """Those that changed."""
    removed: list[str]
    """Ids of those that are there no longer."""
    number: int
    """Ask for what came after this; the same as was asked with, when there is nothing new."""


def product_of(given: ProductModel) -> Product:
    """Return a product as the shop keeps it."""
    return Product(
        item_id=given.item_id,
        title=given.title,
        description=given.description,
        brand=given.brand,
        categories=tuple(given.categories),
        tags=tuple(given.tags),
        attributes=_kept(given.attributes),
        price=_price(given),
        url=given.url,
        image_url=given.image_url,
        available=given.available,
        available_from=given.available_from,
        available_until=given.available_until,
        stock=given.stock,
        variants=tuple(
            Variant(variant_id=one.variant_id, attributes=_kept(one.attributes), price=_price(one), stock=one.stock)
            for one in given.variants
        ),
        created_at=given.created_at,
    )


def _price(given: ProductModel | VariantModel) -> Money | None:
    return None if given.price_minor is None else Money(given.price_minor, given.currency or "")


def _kept(attributes: Mapping[str, Attribute]) -> dict[str, catalog.Attribute]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in attributes.items()}
