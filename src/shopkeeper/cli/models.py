"""`shopkeeper models`: the versions of fitted models, and which of each is served."""

from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from shopkeeper.cli.options import DEFAULT_STORE, Store, existing_shop
from shopkeeper.kit.errors import NotFound
from shopkeeper.ports import ModelStore

Name = Annotated[str, typer.Argument(help="The model.")]


def list_command(store: Store = DEFAULT_STORE) -> None:
    """Show all versions that are kept, newest first, what they reached before they were published, and the served one.

    For example,

      shopkeeper models list
    """
    shop = existing_shop(store)
    try:
        # A version is what promote takes: it is never cut, however narrow the window.
        version = Column("version", no_wrap=True, overflow="ignore", min_width=30)
        table = Table("model", version, "fitted (UTC)", "reached", "served", box=SIMPLE)
        for name in shop.models.names():
            for kept in shop.models.versions(name):
                reached = ", ".join(f"{metric} {value:.4f}" for metric, value in kept.metrics.items())
                at = f"{kept.fitted_at:%Y-%m-%d %H:%M}"
                table.add_row(name, kept.version, at, reached or "-", "yes" if kept.is_current else "")
    finally:
        shop.close()
    Console().print(table if table.row_count else "No model is fitted yet: shopkeeper fit")


def promote_command(
    name: Name, version: Annotated[str, typer.Argument(help="As in the list.")], store: Store = DEFAULT_STORE
) -> None:
    """Serve another version that is kept; running services take it up with their next request.

    For example,

      shopkeeper models promote svd 20260102T030405000000-1a2b3c4d
    """
    shop = existing_shop(store)
    try:
        _promote(shop.models, name, version)
    finally:
        shop.close()


def rollback_command(name: Name, store: Store = DEFAULT_STORE) -> None:
    """Serve the version that was fitted before the one that is served now.

    For example,

      shopkeeper models rollback svd
    """
    shop = existing_shop(store)
    try:
        older = shop.models.versions(name)
        while older and not older.pop(0).is_current:
            pass
        if not older:
            raise NotFound(f"No version of {name} before the served one is kept; see: shopkeeper models list")
        _promote(shop.models, name, older[0].version)
    finally:
        shop.close()


def _promote(models: ModelStore, name: str, version: str) -> None:
    models.promote(name, version)
    Console().print(f"{name} {version} is served now.")
