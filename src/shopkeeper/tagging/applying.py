"""Which tags count of a product: what a person said, else what is sure enough; the merchant's own comes before both."""

from collections.abc import Iterable, Mapping

from shopkeeper.data.applied import Applied
from shopkeeper.data.catalog import Attribute, Product
from shopkeeper.data.reviews import Review
from shopkeeper.data.tags import CATEGORY, FREE, Band, Tag, TagSource
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.tagging.attributes import BRAND
from shopkeeper.tagging.rule import values_of


def decided(tags: Iterable[Tag], reviews: Mapping[str, Review]) -> tuple[Tag, ...]:
    """Return the tags with those of persons instead of what machines say under the same name."""
    own = [
        Tag(name, one.value, 1.0, TagSource.PERSON, one.by)
        for name, one in sorted(reviews.items())
        if one.value or name == CATEGORY
    ]
    return (*own, *(tag for tag in tags if tag.name not in reviews))


def applied(tags: Iterable[Tag], taxonomy: Taxonomy | None) -> Applied:
    """Return what counts of the tags of a product."""
    categories: list[str] = []
    free: list[str] = []
    attributes: dict[str, Attribute] = {}
    brand: str | None = None
    for tag in tags:
        if tag.band is not Band.APPLIED or not tag.value:
            continue
        if tag.name == CATEGORY:
            # A category that is in the tree no longer says nothing.
            if taxonomy is not None and tag.value in taxonomy:
                categories.append(taxonomy.path(tag.value))
        elif tag.name == FREE:
            free += values_of(tag.value)
        elif tag.name == BRAND:
            brand = tag.value
        else:
            values = values_of(tag.value)
            attributes[tag.name] = values if len(values) > 1 else tag.value
    return Applied(tuple(categories), brand, tuple(free), attributes)


def missing(product: Product, tags: Iterable[Tag]) -> tuple[Tag, ...]:
    """Return the tags of which the merchant has not said anything, those too unsure to be worth a look left out."""
    said = (
        set(product.attributes) | ({BRAND} if product.brand else set()) | ({CATEGORY} if product.categories else set())
    )
    return tuple(tag for tag in tags if tag.name not in said and tag.band is not Band.BLANK and tag.value)
