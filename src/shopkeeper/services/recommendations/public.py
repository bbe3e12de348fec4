"""What pages may ask and be told: what the shop shows to everybody."""

from fastapi import Response
from fastapi.responses import JSONResponse

from shopkeeper.kit.errors import NotForPages
from shopkeeper.services.recommendations.contract import Recommendation, RecommendRequest
from shopkeeper.services.recommendations.pages import opened
from shopkeeper.web.shopper import Asker

PUBLIC = frozenset(
    ("item_id", "title", "brand", "category", "categories", "price", "currency", "available", "url", "image_url")
)
"""Fields of products that any page of the shop shows; attributes, tags and stock can be the merchant's own affair."""
_OWN = {"items": {"__all__": {"score", "source", "rules"}}}
"""What only the merchant is told."""


def check(asker: Asker, request: RecommendRequest) -> None:
    """Let a page ask for its own person and the public fields; NotSigned, NotForPages."""
    if not asker.is_page:
        return
    asked, _ = opened(request)
    asker.check(asked.user_id, asked.visitor_id, asked.session_id)
    if asked.filter or asked.boost:
        raise NotForPages("filter, boost: a page could find out with them what it is not told; put them in a scenario.")
    if hidden := sorted(set(asked.return_fields) - PUBLIC):
        raise NotForPages(f"return_fields: a page is told {', '.join(sorted(PUBLIC))}, and not {', '.join(hidden)}.")


def shown(asker: Asker, answer: Recommendation) -> Recommendation | Response:
    """Return an answer as who asked may see it."""
    return JSONResponse(answer.model_dump(mode="json", exclude=_OWN)) if asker.is_page else answer
