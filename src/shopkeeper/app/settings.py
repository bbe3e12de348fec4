"""All settings, each from an environment variable `SHOPKEEPER_<NAME>`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, HttpUrl
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What a shop can set; the defaults serve one machine."""

    model_config = SettingsConfigDict(env_prefix="SHOPKEEPER_", use_attribute_docstrings=True, frozen=True)

    store: Path = Path("shopkeeper-data")
    """Folder of the shop's data."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for all."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on."""
    model: str = "user_knn"
    """The model that answers."""
    events_url: HttpUrl | None = None
    """Where the events service runs, when not in this process."""
    catalog_url: HttpUrl | None = None
    """Where the catalogue service runs, when not in this process."""
    recommendations_url: HttpUrl | None = None
    """Where the recommendations service runs, when not in this process."""
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    """Seconds that a call to a service elsewhere may take, all its tries included."""
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    """Further tries of a call to a service elsewhere that may be repeated."""
    types: str | None = None
    """Event types that the worker's fits learn from, separated by commas; else all that are interactions."""
    refit_hours: Annotated[float, Field(gt=0)] = 24.0
    """Hours after which the worker fits the model again."""
    refit_events: Annotated[int, Field(ge=1)] = 100_000
    """New events after which it does so sooner."""
    look_s: Annotated[float, Field(gt=0)] = 60.0
    """Seconds between two looks of the worker for something to do."""

    def url(self, service: str) -> str:
        """Return where a service runs; nothing when in this process."""
        return str(getattr(self, f"{service}_url") or "")
