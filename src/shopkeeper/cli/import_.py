"""`shopkeeper import`: files of behaviour, or of products, into the store."""

import re
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from shopkeeper.adapters.files import ImportSummary, import_events
from shopkeeper.adapters.files.catalogs import read_products
from shopkeeper.adapters.files.rejects import write_rejects
from shopkeeper.app.assemble import Shop, open_shop
from shopkeeper.kit.clock import utc_now
from shopkeeper.kit.errors import InvalidInput

DEFAULT_STORE = Path("shopkeeper-data")


def import_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files, folders or quoted patterns.")],
    preset: Annotated[str | None, typer.Option("--as", metavar="PRESET", help="The form; else recognised.")] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Take a field from a column.")
    ] = None,
    catalog: Annotated[bool, typer.Option("--catalog", help="The files are products, not behaviour.")] = False,
    store: Annotated[Path, typer.Option(help="Folder of the shop's data.")] = DEFAULT_STORE,
    max_rejects: Annotated[float, typer.Option(help="Largest share of unreadable rows.", min=0, max=1)] = 0.01,
) -> None:
    """Import behaviour (views, carts, purchases) or products; importing the same again adds nothing.

    Reads CSV, TSV, JSON Lines and Parquet, plain or .gz or .zst. Unreadable rows go to `rejects/` in the store.

    For example,

      shopkeeper import UserBehavior.csv

      shopkeeper import 'logs/*.csv.gz' --map user_id=klant --map at=tijd --map type==purchase

      shopkeeper import products_export.csv --catalog --as shopify
    """
    console = Console()
    chosen = _mapping(mapping or [])
    shop = open_shop(store)
    try:
        for file in files:
            rejects = _rejects_path(store, file)
            if catalog:
                _import_products(console, shop, file, preset, rejects, max_rejects)
                continue
            with Progress(console=console, transient=True) as progress:
                task = progress.add_task(f"Importing {file.name}", total=1.0)
                summary = import_events(
                    file,
                    shop.history,
                    preset=preset,
                    mapping=chosen,
                    max_rejects=max_rejects,
                    now=utc_now(),
                    already_known=shop.live.known_ids if shop.live.count() else None,
                    rejects_path=rejects,
                    on_progress=partial(_show, progress, task),
                )
            console.print(_table(file, summary))
            if "online-retail" in summary.presets:
                # Its lines carry the product's text, so the shop gets its catalogue from the same file.
                _import_products(console, shop, file, "online-retail", rejects, max_rejects)
    finally:
        shop.close()


def _rejects_path(store: Path, file: Path) -> Path:
    return store / "rejects" / re.sub(r"[^\w.-]", "_", f"{file.name}.csv")


def _show(progress: Progress, task: TaskID, share: float) -> None:
    progress.update(task, completed=share)


def _mapping(pairs: list[str]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not (field and equals and column):
            raise InvalidInput(f"--map {pair} is not FIELD=COLUMN; for example --map user_id=customer.")
        mapping[field] = column
    return mapping


def _import_products(
    console: Console, shop: Shop, file: Path, preset: str | None, rejects_path: Path, max_rejects: float
) -> None:
    catalog = read_products(file, preset)
    if catalog.rejects:
        write_rejects(catalog.rejects, rejects_path)
    if len(catalog.rejects) > max_rejects * (len(catalog.products) + len(catalog.rejects)):
        first = catalog.rejects[0]
        raise InvalidInput(
            f"{len(catalog.rejects)} rows of {file} are no products; nothing was imported. "
            f"The first: line {first.line}: {first.reason}. All are in {rejects_path}."
        )
    console.print(f"{shop.catalog.upsert(catalog.products):,} products from {file} ({catalog.preset}).")


def _table(file: Path, summary: ImportSummary) -> Table:
    table = Table("rows", "", title=f"{file.name} as {', '.join(summary.presets)}", title_justify="left")
    table.columns[1].justify = "right"
    table.add_row("accepted", f"{summary.accepted:,}")
    table.add_row("duplicate", f"{summary.duplicate:,}")
    rejects = f" (see {summary.rejects_path})" if summary.rejects_path else ""
    table.add_row(f"rejected{rejects}", f"{summary.rejected:,}")
    return table
