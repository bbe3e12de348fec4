"""Questions about the behaviour of a whole shop, answered by DuckDB over what is stored."""

from shopkeeper.adapters.analytics.store import DuckAnalytics

__all__ = ["DuckAnalytics"]
