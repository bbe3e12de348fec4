"""The analyses as pictures."""

from shopkeeper.services.insights.charts.echo import echo
from shopkeeper.services.insights.charts.people import funnel, retention, rfm
from shopkeeper.services.insights.charts.products import earned, performance, rules
from shopkeeper.services.insights.charts.ways import paths, searches

__all__ = ["earned", "echo", "funnel", "paths", "performance", "retention", "rfm", "rules", "searches"]
