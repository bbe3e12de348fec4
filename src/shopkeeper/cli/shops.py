"""`shopkeeper shops`: several shops in one installation."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from shopkeeper.app import shops
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_shop

Installation = Annotated[Path | None, typer.Option("--store", help="Folder of the default shop's data.")]


def commands() -> typer.Typer:
    """Return the commands of this file."""
    group = typer.Typer(help="Several shops in one installation.", no_args_is_help=True)
    group.command("create")(create_command)
    group.command("list")(list_command)
    return group


def create_command(
    name: Annotated[str, typer.Argument(help="Up to 40 of a-z, 0-9 and _, a letter first.")], store: Installation = None
) -> None:
    """Make a further shop, with a folder of its own in the store; every command works on it by that folder.

    For example,

      shopkeeper shops create tea

      shopkeeper import orders.csv --store shopkeeper-data/shops/tea
    """
    settings = Settings.read({"store": store})
    folder = shops.create(settings.store, name)
    open_shop(folder, settings.database_url).close()
    console = Console(soft_wrap=True)
    console.print(
        f"The shop {name} is in {escape(str(folder))}. Import into it, fit in it, and let a worker look after"
    )
    console.print(f"it, each with --store {escape(str(folder))}; who shows a key of it is answered by it:")
    console.print(f"shopkeeper keys create NAME --shop {name}")


def list_command(store: Installation = None) -> None:
    """Show all shops with their folders, the default one first.

    For example,

      shopkeeper shops list
    """
    folder = Settings.read({"store": store}).store
    for name in shops.names(folder):
        Console(soft_wrap=True, highlight=False).print(f"{name:<40} {escape(str(shops.folder_of(folder, name)))}")
