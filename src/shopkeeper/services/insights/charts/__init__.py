"""The analyses as pictures."""

from shopkeeper.services.insights.charts.people import funnel, retention, rfm
from shopkeeper.services.insights.charts.products import earned, performance, rules

__all__ = ["earned", "funnel", "performance", "retention", "rfm", "rules"]
