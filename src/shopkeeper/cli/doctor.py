"""`shopkeeper doctor`: what is wrong with this shop, and what to do."""

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shopkeeper.app.doctor import examine
from shopkeeper.app.settings import Settings

_MARKS = {"good": "[green]✓[/]", "look": "[yellow]![/]", "bad": "[bold red]✗[/]"}


def doctor_command(
    store: Annotated[Path | None, typer.Option(help="Folder of the shop's data.")] = None,
    model: Annotated[str | None, typer.Option(help="The model that answers.")] = None,
) -> None:
    """Look at the store, the database, models, keys and services elsewhere, and say what to do; 1 if any is bad.

    For example,

      shopkeeper doctor

      SHOPKEEPER_EVENTS_URL=http://events:8001 shopkeeper doctor --store /srv/shop
    """
    findings = list(examine(Settings.read({"store": store, "model": model})))
    table = Table("", "", "", box=SIMPLE, show_header=False)
    for finding in findings:
        table.add_row(_MARKS[finding.state], finding.about, escape(finding.text))
    Console().print(table)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)
