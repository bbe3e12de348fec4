"""The command line: one file per command, each a thin layer over what the package offers."""

import sys

import typer
from rich.console import Console

from shopkeeper.kit.errors import ShopkeeperError

app = typer.Typer(
    name="shopkeeper",
    help="The personalisation engine that a shop runs itself.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="rich",
)


def main() -> None:
    """Run the command line; an expected failure is one sentence on standard error and exit code 1."""
    try:
        app()
    except ShopkeeperError as error:
        Console(stderr=True, highlight=False).print(f"[bold red]error:[/] {error}", markup=True)
        sys.exit(1)
