"""Events that a page sends: of its own visitor or a signed user, and marked, since anybody can send them."""

from hashlib import sha256
from uuid import uuid4

from shopkeeper.data.events import PAGE_PREFIX
from shopkeeper.kit.errors import NotForPages
from shopkeeper.services.events.contract import AnyEvent, EventBatch, EventIn
from shopkeeper.web.shopper import Asker


def told_by(asker: Asker, batch: EventBatch) -> EventBatch:
    """Return a batch as it may be stored; NotSigned, NotForPages where a page may not say such things."""
    if asker.refuses:
        batch = batch.model_copy(update={"of_nobody": True})
    if not asker.is_page:
        return batch
    if batch.create_products:
        raise NotForPages("create_products: a page adds no products; send them from your server, with a secret key.")
    return batch.model_copy(update={"events": [_marked(asker, event) for event in batch.events]})


def _marked(asker: Asker, event: AnyEvent) -> AnyEvent:
    if not isinstance(event, EventIn):
        return event  # none, and the service says why
    asker.check(event.user_id, event.visitor_id)
    whose = f"{event.visitor_id or event.user_id}\n{event.event_id or uuid4().hex}"
    return event.model_copy(update={"event_id": PAGE_PREFIX + sha256(whose.encode()).hexdigest()})
