"""What waits for a person, where a look helps most first."""

from collections.abc import Mapping

from shopkeeper.data.catalog import Product
from shopkeeper.data.reviews import Action
from shopkeeper.data.tags import CATEGORY, Tag
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.services.catalog.asking import tag_out
from shopkeeper.services.catalog.contract import CategoryChoice, Reviews, Waiting
from shopkeeper.services.catalog.tagging import Tagging
from shopkeeper.tagging.drift import BEFORE, NOW, drift
from shopkeeper.tagging.queue import ordered
from shopkeeper.tagging.tagger import Candidate
from shopkeeper.tagging.texts import clean

_CHOICES = 6
_LONGEST = 600
"""Characters that are shown of a description."""


def reviews(tagging: Tagging, traffic: Mapping[str, int], limit: int, name: str | None) -> Reviews:
    """Return the first in the queue, of one name or all, and how persons judged before."""
    waiting = [one for one in tagging.tags.to_review() if name is None or one[1].name == name]
    chosen, tree = ordered(waiting, traffic, limit), tagging.tree()
    products = tagging.products.get(list(dict.fromkeys(item_id for item_id, _ in chosen)))
    filed = [products[item_id] for item_id, tag in chosen if tag.name == CATEGORY and item_id in products]
    choices = dict(zip((one.item_id for one in filed), tagging.candidates(filed, _CHOICES), strict=True))
    judged = drift([one.action is Action.ACCEPT for one in tagging.tags.recent(NOW + BEFORE)])
    return Reviews(
        waiting=[
            _waiting(products[item_id], tag, traffic.get(item_id, 0), choices.get(item_id, []), tree)
            for item_id, tag in chosen
            if item_id in products
        ],
        open=len(waiting),
        accept_rate=judged.now,
        accept_rate_before=judged.before,
        alarm=judged.text or None,
    )


def _waiting(product: Product, tag: Tag, events: int, choices: list[Candidate], tree: Taxonomy | None) -> Waiting:
    known = [one for one in choices if tree is not None and one.category_id in tree] if tag.name == CATEGORY else []
    return Waiting(
        item_id=product.item_id,
        title=product.title,
        description=clean(product.description)[:_LONGEST],
        image_url=product.image_url,
        events=events,
        tag=tag_out(tag, tree),
        choices=[
            CategoryChoice(
                category_id=one.category_id,
                text=tree.path(one.category_id) if tree else one.category_id,
                probability=one.probability,
            )
            for one in known
        ],
    )
