"""What each route needs. A route that is not here answers only keys that have every scope, and a test fails.

A slash at the end of a path changes nothing. A publishable key also needs the route to be one of `FOR_PAGES`.
"""

from collections.abc import Mapping

from shopkeeper.data.keys import Scope

FOR_PAGES = frozenset(
    {
        ("POST", "/v1/events"),
        ("GET", "/v1/recommendations"),
        ("POST", "/v1/recommendations"),
        ("GET", "/v1/items/{item_id:path}/similar"),
        ("GET", "/v1/items/{item_id:path}/bought-together"),
    }
)
"""Those that look at what a page may say, and of whom."""

NEEDED: Mapping[tuple[str, str], Scope | None] = {
    ("GET", "/"): None,
    ("GET", "/static/{version}/{name}"): None,
    ("GET", "/openapi.json"): None,
    ("GET", "/shopkeeper.js"): None,
    ("GET", "/health/live"): None,
    ("GET", "/health/ready"): None,
    ("GET", "/metrics"): "metrics:read",
    ("POST", "/v1/events"): "events:write",
    ("POST", "/v1/events/ga4"): "events:write",
    ("POST", "/v1/events/segment"): "events:write",
    ("POST", "/v1/users/{user_id:path}/merge"): "users:write",
    ("GET", "/v1/history"): "events:read",
    ("GET", "/v1/shoppers"): "events:read",
    ("PUT", "/v1/products"): "catalog:write",
    ("GET", "/v1/products"): "catalog:read",
    ("GET", "/v1/products/{item_id:path}"): "catalog:read",
    ("PATCH", "/v1/products/{item_id:path}"): "catalog:write",
    ("DELETE", "/v1/products/{item_id:path}"): "catalog:write",
    ("GET", "/v1/product-changes"): "catalog:read",
    ("GET", "/v1/recommendations"): "recommendations:read",
    ("POST", "/v1/recommendations"): "recommendations:read",
    ("GET", "/v1/items/{item_id:path}/similar"): "recommendations:read",
    ("GET", "/v1/items/{item_id:path}/bought-together"): "recommendations:read",
    # These name persons.
    ("POST", "/v1/recommendations/batch"): "events:read",
    ("GET", "/v1/items/{item_id:path}/users"): "events:read",
    ("GET", "/v1/scenarios"): "recommendations:write",
    ("GET", "/v1/rules"): "recommendations:write",
    ("GET", "/v1/rules/{name}"): "recommendations:write",
    ("PUT", "/v1/rules/{name}"): "recommendations:write",
    ("DELETE", "/v1/rules/{name}"): "recommendations:write",
    ("GET", "/v1/models"): "models:read",
    ("GET", "/v1/models/{name}"): "models:read",
    ("POST", "/v1/models/{name}/score"): "models:read",
    ("POST", "/v1/models/{name}/embed"): "models:read",
    ("GET", "/v1/keys"): "keys:write",
    ("POST", "/v1/keys"): "keys:write",
    ("POST", "/v1/keys/{key_id}/rotate"): "keys:write",
    ("DELETE", "/v1/keys/{key_id}"): "keys:write",
    ("POST", "/api/item"): "catalog:write",
    ("POST", "/api/items"): "catalog:write",
    ("GET", "/api/items"): "catalog:read",
    ("GET", "/api/item/{item_id}"): "catalog:read",
    ("PATCH", "/api/item/{item_id}"): "catalog:write",
    ("DELETE", "/api/item/{item_id}"): "catalog:write",
    ("PUT", "/api/item/{item_id}/category/{category}"): "catalog:write",
    ("DELETE", "/api/item/{item_id}/category/{category}"): "catalog:write",
    ("POST", "/api/user"): "users:write",
    ("POST", "/api/users"): "users:write",
    ("PATCH", "/api/user/{user_id}"): "users:write",
    ("GET", "/api/user/{user_id}"): "events:read",
    ("POST", "/api/feedback"): "events:write",
    ("PUT", "/api/feedback"): "events:write",
    ("GET", "/api/feedback/{user_id}/{item_id}"): "events:read",
    ("GET", "/api/feedback/{feedback_type}/{user_id}/{item_id}"): "events:read",
    ("GET", "/api/user/{user_id}/feedback"): "events:read",
    ("GET", "/api/user/{user_id}/feedback/{feedback_type}"): "events:read",
    ("GET", "/api/recommend/{user_id}"): "recommendations:read",
    ("GET", "/api/recommend/{user_id}/{in_category}"): "recommendations:read",
    ("GET", "/api/collaborative-filtering/{user_id}"): "recommendations:read",
    ("GET", "/api/collaborative-filtering/{user_id}/{in_category}"): "recommendations:read",
    ("POST", "/api/session/recommend"): "recommendations:read",
    ("POST", "/api/session/recommend/{in_category}"): "recommendations:read",
    ("GET", "/api/popular"): "recommendations:read",
    ("GET", "/api/popular/{in_category}"): "recommendations:read",
    ("GET", "/api/latest"): "recommendations:read",
    ("GET", "/api/latest/{in_category}"): "recommendations:read",
    ("GET", "/api/non-personalized/{name}"): "recommendations:read",
    ("GET", "/api/item/{item_id}/neighbors"): "recommendations:read",
    ("GET", "/api/item/{item_id}/neighbors/{in_category}"): "recommendations:read",
    ("GET", "/api/item-to-item/{name}/{item_id}"): "recommendations:read",
}
