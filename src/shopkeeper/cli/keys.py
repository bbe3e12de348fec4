"""`shopkeeper keys`: who may ask what, for which shop."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from shopkeeper.adapters.sql import SqlKeyStore
from shopkeeper.app.settings import Settings
from shopkeeper.app.shops import folder_of
from shopkeeper.app.stores import open_database
from shopkeeper.cli.shops import Installation
from shopkeeper.data.keys import DEFAULT_SHOP, SCOPES, KeyKind
from shopkeeper.kit.clock import utc_now
from shopkeeper.kit.errors import NotFound
from shopkeeper.services.keys.service import KeyService, NewKey

KeyId = Annotated[str, typer.Argument(metavar="ID", help="As in the list: the middle part of the key.")]


@contextmanager
def _keys(store: Path | None, *, shop: str = DEFAULT_SHOP, make: bool = False) -> Iterator[KeyService]:
    """Give the keys of an installation; NotFound where there is none, unless it may be made, or not that shop."""
    settings = Settings.read({"store": store})
    if not (make or settings.store.exists()):
        raise NotFound(f"There is nothing in {settings.store}: name the folder of the default shop with --store.")
    folder_of(settings.store, shop)
    engine = open_database(settings.store, settings.database_url)
    try:
        yield KeyService(SqlKeyStore(engine), utc_now)
    finally:
        engine.dispose()


def create_command(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    publishable: Annotated[bool, typer.Option("--publishable", help="For pages: events and lists only.")] = False,
    origin: Annotated[list[str] | None, typer.Option(help="Of a publishable key: a site that may use it.")] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help=f"Else all that its kind may have: {', '.join(sorted(SCOPES))}.")
    ] = None,
    shop: Annotated[str, typer.Option(help="The shop that it is a key of.")] = DEFAULT_SHOP,
    days: Annotated[float | None, typer.Option(help="Days that it works; else for good.", min=0.001)] = None,
    store: Installation = None,
) -> None:
    """Make a key and show it, this once.

    A secret key stays on the shop's servers. A publishable one may stand in pages: it is bound to their origins, and
    may only send events and ask for lists.

    For example,

      shopkeeper keys create 'back end'

      shopkeeper keys create pages --publishable --origin https://shop.example

      shopkeeper keys create prometheus --scope metrics:read --days 365
    """
    with _keys(store, shop=shop, make=True) as keys:
        kind: KeyKind = "publishable" if publishable else "secret"
        lasts = timedelta(days=days) if days else None
        _show(keys.create(name, kind, shop=shop, scopes=scope or (), origins=origin or (), lasts=lasts))


def rotate_command(
    key_id: KeyId,
    hours: Annotated[float, typer.Option(help="Hours that the old key goes on working.", min=0)] = 24.0,
    store: Installation = None,
) -> None:
    """Make a key that may do what another may, and let the other work until everybody uses the new one.

    For example,

      shopkeeper keys rotate 1f0c8a37d2b94e65

      shopkeeper keys rotate 1f0c8a37d2b94e65 --hours 0
    """
    with _keys(store) as keys:
        _show(keys.rotate(key_id, timedelta(hours=hours)))
        ends = _told(keys.get(key_id).expires_at)
    Console().print(f"The key {key_id} works until {ends} UTC.")


def revoke_command(key_id: KeyId, store: Installation = None) -> None:
    """Let a key work no longer; running processes know it within a second.

    For example,

      shopkeeper keys revoke 1f0c8a37d2b94e65
    """
    with _keys(store) as keys:
        key = keys.revoke(key_id)
    Console().print(f"The key {key.key_id} ({escape(key.name)}) works no longer.")


def sign_command(
    key_id: KeyId,
    user: Annotated[str, typer.Argument(help="The customer.")],
    hours: Annotated[float, typer.Option(help="Hours that the signature is good for.", min=0.01)] = 24.0,
    store: Installation = None,
) -> None:
    """Sign a customer's id with a secret key, so that a page with a publishable one may speak of them.

    A shop's server does this for each page: see docs/how-to/keys-and-shops.md. Here it is for trying a page by hand.

    For example,

      shopkeeper keys sign 1f0c8a37d2b94e65 17850
    """
    with _keys(store) as keys:
        print(keys.sign(key_id, user, timedelta(hours=hours)))


def list_command(store: Installation = None) -> None:
    """Show all keys: what they may do, whether they work, and when they were used last, to about an hour.

    For example,

      shopkeeper keys list
    """
    now = utc_now()
    with _keys(store) as keys:
        # An id is what rotate and revoke take: it is never cut, however narrow the window.
        columns = [Column("id", no_wrap=True, min_width=16), Column("may", overflow="fold")]
        table = Table(columns[0], "name", "shop", columns[1], "works", "used (UTC)", box=SIMPLE)
        for key in keys.all():
            rights = "all" if key.scopes == SCOPES else "\n".join((*sorted(key.scopes), *key.origins))
            until = f"until {_told(key.expires_at)}" if key.expires_at else "yes"
            works = until if key.works(now) else "revoked" if key.revoked_at else "expired"
            table.add_row(key.key_id, escape(key.name), key.shop, rights, works, _told(key.used_at))
    Console().print(table if table.row_count else "There is no key yet: shopkeeper keys create NAME")


def _show(new: NewKey) -> None:
    Console(stderr=True).print("This is the key. It is shown this once, and only its hash is kept:")
    # Alone on standard output, so that a script can take it.
    print(new.token.get_secret_value())


def _told(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "never"
