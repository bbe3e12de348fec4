"""Gorse's items as our products, and back."""

from collections.abc import Mapping

from pydantic import JsonValue, ValidationError

from shopkeeper.data.gorse import LONGEST, Labels
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.services.catalog.contract import Attribute, ProductChange, ProductModel
from shopkeeper.services.gorse.bodies import GorseItem, GorseItemPatch
from shopkeeper.web.errors import faults


def product_of(item: GorseItem, labels: Labels, known: ProductModel | None) -> ProductModel:
    """Return the product that an item is; what Gorse has no word for stays as it is known."""
    said = {
        "title": (item.comment or item.item_id)[:LONGEST],
        "categories": item.categories or [],
        **_labels(labels),
        "available": not item.is_hidden,
        "created_at": item.timestamp,
    }
    product = known or ProductModel(item_id=item.item_id, title=item.item_id)
    return product.model_copy(update=said)


def change_of(patch: GorseItemPatch, item_id: str, labels: Labels) -> ProductChange:
    """Return what a patch changes."""
    said: dict[str, object] = {}
    if patch.comment is not None:
        said["title"] = (patch.comment or item_id)[:LONGEST]
    if patch.is_hidden is not None:
        said["available"] = not patch.is_hidden
    if patch.categories is not None:
        said["categories"] = patch.categories
    if patch.timestamp is not None:
        said["created_at"] = patch.timestamp
    if patch.labels is not None:
        said |= _labels(labels)
    return change(said)


def change(said: Mapping[str, object]) -> ProductChange:
    """Return a change of what is named; InvalidInput where the catalogue would not take it."""
    try:
        return ProductChange.model_validate(said)
    except ValidationError as error:
        raise InvalidInput(faults(error)) from error


def _labels(labels: Labels) -> dict[str, list[str] | dict[str, Attribute]]:
    lists = {name: list(value) if isinstance(value, tuple) else value for name, value in labels.attributes.items()}
    return {"tags": labels.tags, "attributes": lists}


def item_of(product: ProductModel) -> GorseItem:
    """Return a product as Gorse tells it."""
    tags: list[JsonValue] = [*product.tags]
    labels: dict[str, JsonValue] = {
        name: [*value] if isinstance(value, list) else value for name, value in product.attributes.items()
    }
    if tags and labels:
        labels["tags"] = tags
    # What was imported may be longer than what is taken here.
    return GorseItem.model_construct(
        item_id=product.item_id,
        is_hidden=not product.available,
        categories=product.categories,
        timestamp=product.created_at,
        labels=labels or tags or None,
        comment="" if product.title == product.item_id else product.title,
    )


def lost(comment: str | None, labels: Labels) -> list[str]:
    """Return what an item said that a product has no place for."""
    return [*(["Comment"] if len(comment or "") > LONGEST else []), *labels.lost]
