"""What analytics tools call the things that happen in a shop: imports and posted bodies are read by it alike."""

from collections.abc import Mapping

from shopkeeper.data.events import EventType

GA4: Mapping[str, EventType] = {
    "view_item": EventType.VIEW,
    "select_item": EventType.CLICK,
    "view_item_list": EventType.IMPRESSION,
    "add_to_wishlist": EventType.FAVORITE,
    "add_to_cart": EventType.CART,
    "remove_from_cart": EventType.UNCART,
    "purchase": EventType.PURCHASE,
    "refund": EventType.REFUND,
    "search": EventType.SEARCH,
    "view_search_results": EventType.SEARCH,
    "view_promotion": EventType.PROMOTION,
    "select_promotion": EventType.PROMOTION,
}
"""Names of Google Analytics 4; its others, such as page_view, say nothing of a product."""

SEGMENT: Mapping[str, EventType] = {
    "product viewed": EventType.VIEW,
    "product clicked": EventType.CLICK,
    "product list viewed": EventType.IMPRESSION,
    "product added to wishlist": EventType.FAVORITE,
    "product added": EventType.CART,
    "product removed": EventType.UNCART,
    "order completed": EventType.PURCHASE,
    "order refunded": EventType.REFUND,
    "products searched": EventType.SEARCH,
    "promotion viewed": EventType.PROMOTION,
    "promotion clicked": EventType.PROMOTION,
}
"""Names of track calls in Segment's ecommerce specification, in lower case."""
