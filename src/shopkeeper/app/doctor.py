"""Look at a shop from outside its services, and say what is wrong with it and what to do."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from platform import python_version
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import httpx

from shopkeeper import __version__
from shopkeeper.adapters.sql import SqlKeyStore
from shopkeeper.app.settings import Settings
from shopkeeper.app.shops import name_of
from shopkeeper.app.stores import Shop, open_database, open_shop
from shopkeeper.data.keys import Key
from shopkeeper.data.reviews import Action
from shopkeeper.kit.clock import utc_now
from shopkeeper.kit.compiled import n_threads
from shopkeeper.kit.errors import NotFound, ShopkeeperError
from shopkeeper.services.recommendations.jobs import FALLBACK
from shopkeeper.tagging.drift import BEFORE, NOW, drift
from shopkeeper.web.door import is_loopback

_LITTLE_SPACE = 2**30
_SOON = timedelta(days=7)


class Finding(NamedTuple):
    """What one look found."""

    about: str
    state: Literal["good", "look", "bad"]
    """`look`: it works, and somebody should look at it."""
    text: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Return what is found, one look after the other; nothing is changed but that stores are opened as serving does."""
    training = "with JAX" if find_spec("jax") else "without JAX: `sequence` can be served, not trained"
    yield Finding("program", "good", f"Shopkeeper {__version__} on Python {python_version()}, {training}")
    yield Finding("machine", "good", f"{os.cpu_count()} cores, of which kernels use {n_threads()}")
    folder = _folder(settings.store)
    yield folder
    if folder.state != "bad":
        yield from _shop(settings)
        # Those of a further shop are with the default one.
        if not name_of(settings.store):
            yield from _keys(settings)
    for service in ("events", "catalog", "recommendations", "models", "insights", "predictions", "coupons", "people"):
        if url := settings.url(service):
            yield _service(service, url, settings.timeout_s)


def _folder(store: Path) -> Finding:
    if not store.is_dir():
        return Finding("store", "bad", f"{store} is no folder: import some data first (shopkeeper import --help)")
    if not os.access(store, os.W_OK):
        return Finding("store", "bad", f"{store} cannot be written by this user: change its owner or its permissions")
    free = shutil.disk_usage(store).free
    text = f"{store.absolute()}, {free / 2**30:.1f} GiB free"
    if free < _LITTLE_SPACE:
        return Finding("store", "look", f"{text}: make room, since a fit and an import write before they delete")
    return Finding("store", "good", text)


def _shop(settings: Settings) -> Iterator[Finding]:
    try:
        shop = open_shop(settings.store, settings.database_url)
    except ShopkeeperError as error:
        yield Finding("database", "bad", str(error))
        return
    try:
        yield Finding("database", "good", "can be opened, and has the tables of this version")
        looks: dict[str, Callable[[], Finding]] = {
            "events": lambda: _counted("events", shop.events.count(), "post some, or import them"),
            "products": lambda: _counted("products", shop.catalog.count(), "lists show ids instead of titles"),
            "model": lambda: _model(shop, settings),
            "fallback": lambda: _fallback(shop),
            "tags": lambda: _tags(shop),
        }
        for about, look in looks.items():
            try:
                yield look()
            except ShopkeeperError as error:
                yield Finding(about, "bad", str(error))
    finally:
        shop.close()


def _keys(settings: Settings) -> Iterator[Finding]:
    try:
        engine = open_database(settings.store, settings.database_url)
    except ShopkeeperError:
        return  # which was said of the database
    keys, now = SqlKeyStore(engine).all(), utc_now()
    engine.dispose()
    working = [key for key in keys if key.works(now)]
    if settings.open:
        yield Finding("keys", "look", "SHOPKEEPER_OPEN answers who shows none: is there a proxy that asks who comes?")
    elif not keys and not (is_loopback(settings.host) or settings.internal_secret):
        told = f"none, so at {settings.host} nobody can be served: shopkeeper keys create NAME"
        yield Finding("keys", "bad", told)
    elif not keys:
        yield Finding("keys", "good", "none: this machine alone is answered")
    elif not working:
        yield Finding("keys", "bad", "none works any longer: shopkeeper keys create NAME")
    else:
        yield Finding("keys", "good", f"{len(working):,} that work")
    for key in working:
        if fault := _fault(key, now):
            yield Finding(f"key {key.key_id}", "look", f"{key.name}: {fault}")


def _fault(key: Key, now: datetime) -> str:
    if key.kind == "publishable" and not key.origins:
        return "it is publishable and has no origin, so no page can use it: revoke it, and make one with --origin"
    if plain := [origin for origin in key.origins if _is_plain(origin)]:
        return f"it travels in plain text from {', '.join(plain)}: give the site https"
    if key.expires_at and key.expires_at < now + _SOON:
        return f"it ends on {key.expires_at:%Y-%m-%d}: shopkeeper keys rotate {key.key_id}"
    return ""


def _is_plain(origin: str) -> bool:
    parts = urlsplit(origin)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def _counted(about: str, number: int, advice: str) -> Finding:
    return Finding(about, "good" if number else "look", f"{number:,}" if number else f"none: {advice}")


def _model(shop: Shop, settings: Settings) -> Finding:
    saved = shop.models.load(settings.model)
    hours = (utc_now() - saved.fitted_at).total_seconds() / 3600
    text = f"{settings.model} {saved.version}, fitted {hours:,.1f} hours ago on {len(saved.items):,} products"
    if hours > 2 * settings.refit_hours:
        return Finding("model", "look", f"{text}: is `shopkeeper worker` running?")
    return Finding("model", "good", text)


def _fallback(shop: Shop) -> Finding:
    if not shop.models.current(FALLBACK):
        raise NotFound(f"{FALLBACK} is not fitted, and a stranger gets nothing: shopkeeper fit")
    return Finding("fallback", "good", f"{FALLBACK} stands in where the model has nothing to say")


def _tags(shop: Shop) -> Finding:
    judged = drift([one.action is Action.ACCEPT for one in shop.tags.recent(NOW + BEFORE)])
    if judged.is_alarm:
        return Finding("tags", "look", judged.text)
    shop.taxonomies.get()
    n_open, fitted = len(shop.tags.to_review()), shop.taggers.current()
    waiting = f"{n_open:,} wait for a person: shopkeeper tags review" if n_open else "none waits for a person"
    return Finding("tags", "good", f"{f'said by {fitted}' if fitted else 'by rules alone'}; {waiting}")


def _service(service: str, url: str, timeout_s: float) -> Finding:
    about = f"{service} service"
    try:
        answer = httpx.get(f"{url}/health/ready", timeout=timeout_s)
    except httpx.HTTPError as error:
        return Finding(about, "bad", f"{url} does not answer ({error}): is it running, and is the address right?")
    if answer.is_success:
        return Finding(about, "good", f"{url} is ready")
    return Finding(about, "bad", f"{url} answers {answer.status_code}: {answer.text[:300]}")
