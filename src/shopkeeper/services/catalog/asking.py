"""Tags and decisions as the contract tells them."""

from hashlib import sha256

from shopkeeper.data.catalog import Product
from shopkeeper.data.reviews import Action, Review
from shopkeeper.data.tags import CATEGORY, Tag, TagSource
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import InvalidInput, UnknownName
from shopkeeper.ports import Tagged
from shopkeeper.services.catalog.contract import CategoryOut, Decision, ProductTags, TagOut, Tree
from shopkeeper.tagging.applying import decided


def tag_out(tag: Tag, tree: Taxonomy | None) -> TagOut:
    """Return a tag with what is shown of it."""
    text = tree.path(tag.value) if tag.name == CATEGORY and tree and tag.value in tree else tag.value
    return TagOut.model_construct(
        name=tag.name,
        value=tag.value,
        text=text,
        confidence=tag.confidence,
        source=tag.source.value,
        version=tag.version,
        band=tag.band.value,
    )


def product_tags(item_id: str, told: Tagged | None, reviews: dict[str, Review], tree: Taxonomy | None) -> ProductTags:
    """Return all that is said of a product, persons first."""
    if told is None:
        return ProductTags(item_id=item_id, tags=[], categories=[], brand=None, free=[], attributes={})
    applied = told.applied
    return ProductTags(
        item_id=item_id,
        tags=[tag_out(tag, tree) for tag in decided(told.tags, reviews)],
        categories=list(applied.categories),
        brand=applied.brand,
        free=list(applied.tags),
        attributes={
            name: list(value) if isinstance(value, tuple) else str(value) for name, value in applied.attributes.items()
        },
    )


def review_of(
    given: Decision, product: Product, told: Tagged | None, newest: Review | None, tree: Taxonomy | None, clock: Clock
) -> tuple[Review, bool]:
    """Return a decision as it is kept, and whether it says once more what the newest one says.

    InvalidInput where there is nothing to accept, or no such category.
    """
    said = next((tag for tag in told.tags if tag.name == given.name), None) if told else None
    value = given.value
    if given.action == "accept" and value is None:
        if said is None:
            raise InvalidInput(
                f"Nothing is said of {given.name} of {product.item_id!r}, so it cannot be accepted: fix it instead."
            )
        value = said.value
    value = (value or "").strip()
    if given.action != "skip" and given.name == CATEGORY and value and (tree is None or value not in tree):
        raise UnknownName("category", value, [one.category_id for one in tree.categories] if tree else [])
    action = Action(given.action)
    if action is not Action.SKIP:
        action = Action.ACCEPT if said is not None and said.value == value else Action.FIX
    was = (said.value, said.source, said.version, said.confidence) if said else ("", None, "", 0.0)
    is_again = newest is not None and (newest.action, newest.value, newest.said) == (action, value, was[0])
    now = clock()
    told_by = f"{given.item_id}\0{given.name}\0{action}\0{value}\0{given.by}\0{now.isoformat()}"
    review_id = given.review_id or (newest.review_id if newest and is_again else sha256(told_by.encode()).hexdigest())
    source: TagSource | None = was[1]
    made = Review(review_id, product.item_id, given.name, action, value, given.by, now, was[0], source, was[2], was[3])
    return made, is_again and given.review_id is None


def tree_out(tree: Taxonomy | None) -> Tree:
    """Return the categories with their paths."""
    listed = tree.categories if tree else ()
    return Tree(
        categories=[CategoryOut(category_id=one.category_id, text=tree.path(one.category_id)) for one in listed]
        if tree
        else []
    )
