"""The personalisation engine that a shop runs itself.

The public names are loaded when first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shopkeeper.adapters.files import read_events
    from shopkeeper.data.dataset import Dataset
    from shopkeeper.data.eventlog import EventLog
    from shopkeeper.data.events import Event, EventType
    from shopkeeper.evaluation import evaluate, global_time, leave_one_out, random_split
    from shopkeeper.kit.errors import ShopkeeperError
    from shopkeeper.models import create
    from shopkeeper.pipeline import Recommender

__version__ = "0.1.0"

_HOMES = {
    "Dataset": "data.dataset",
    "Event": "data.events",
    "EventLog": "data.eventlog",
    "EventType": "data.events",
    "Recommender": "pipeline",
    "ShopkeeperError": "kit.errors",
    "create": "models",
    "evaluate": "evaluation",
    "global_time": "evaluation",
    "leave_one_out": "evaluation",
    "random_split": "evaluation",
    "read_events": "adapters.files",
}

__all__ = [
    "Dataset",
    "Event",
    "EventLog",
    "EventType",
    "Recommender",
    "ShopkeeperError",
    "create",
    "evaluate",
    "global_time",
    "leave_one_out",
    "random_split",
    "read_events",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
