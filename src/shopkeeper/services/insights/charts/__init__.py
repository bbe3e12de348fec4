"""The analyses as pictures."""

from shopkeeper.services.insights.charts.people import funnel, retention, rfm
from shopkeeper.services.insights.charts.products import rules

__all__ = ["funnel", "retention", "rfm", "rules"]
