"""`shopkeeper import`: files of behaviour, or of products, into the store."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID
from rich.table import Table

from shopkeeper.adapters.files import ImportSummary, import_events
from shopkeeper.adapters.files.catalogs import Catalog, read_products
from shopkeeper.adapters.files.columns import NO_CURRENCY
from shopkeeper.adapters.files.rejects import write_rejects
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, open_shop
from shopkeeper.kit.clock import utc_now
from shopkeeper.kit.errors import InvalidInput, ShopkeeperError
from shopkeeper.kit.money import Money

DEFAULT_STORE = Path("shopkeeper-data")


def import_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files, folders or quoted patterns.")],
    preset: Annotated[str | None, typer.Option("--as", metavar="PRESET", help="The form; else recognised.")] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Take a field from a column.")
    ] = None,
    catalog: Annotated[bool, typer.Option("--catalog", help="The files are products, not behaviour.")] = False,
    currency: Annotated[
        str, typer.Option(metavar="CODE", help="With --catalog: of prices that name no currency.", show_default="none")
    ] = NO_CURRENCY,
    header: Annotated[
        bool | None, typer.Option("--header/--no-header", help="Whether a CSV names its columns; else found out.")
    ] = None,
    store: Annotated[Path, typer.Option(help="Folder of the shop's data.")] = DEFAULT_STORE,
    max_rejects: Annotated[float, typer.Option(help="Largest share of unreadable rows.", min=0, max=1)] = 0.01,
) -> None:
    """Import behaviour (views, carts, purchases) or products; importing the same again adds nothing.

    Reads CSV, TSV, JSON Lines and Parquet, plain or .gz or .zst. Unreadable rows go to `rejects/` in the store.

    For example,

      shopkeeper import UserBehavior.csv

      shopkeeper import 'logs/*.csv.gz' --map user_id=klant --map at=tijd --map type==purchase

      shopkeeper import products_export.csv --catalog --as shopify --currency EUR
    """
    console = Console()
    chosen = _mapping(mapping or [])
    if currency != NO_CURRENCY and not catalog:
        raise InvalidInput("--currency goes with --catalog; of behaviour say it with --map currency==EUR.")
    products_of = partial(
        read_products, currency=Money.parse(0, currency.upper()).currency, header=header, leave_out=store
    )
    shop = open_shop(store, Settings.read({}).database_url)
    keep_events = partial(
        import_events,
        store=shop.history,
        preset=preset,
        mapping=chosen,
        header=header,
        max_rejects=max_rejects,
        live=shop.live,
        leave_out=store,
    )
    done: list[Path] = []
    lacks_currency = False
    try:
        for file in files:
            rejects = _rejects_path(store, file)
            if catalog:
                products = products_of(file, preset)
                _keep_products(console, shop, file, products, rejects, max_rejects)
                lacks_currency |= products.lacks_currency
            elif "online-retail" in _import_events(console, file, keep_events, rejects).presets:
                # Its lines carry the product's text, so the shop gets its catalogue from the same file.
                _keep_products(console, shop, file, products_of(file, "online-retail"), rejects, max_rejects)
            done.append(file)
    except ShopkeeperError as error:
        raise InvalidInput(f"{error}{_others(files, done)}") from error
    except KeyboardInterrupt as stop:
        console.print(escape(f"Stopped before {files[len(done)]} was imported.{_others(files, done)}"))
        raise typer.Exit(130) from stop
    finally:
        shop.close()
    if lacks_currency:
        console.print("Some prices are without a currency: say of which they are, for example --currency EUR.")


def _others(files: Sequence[Path], done: Sequence[Path]) -> str:
    """Tell what became of the other files when one after `done` failed."""
    rest = files[len(done) + 1 :]
    imported = f" Imported before it: {', '.join(map(str, done))}." if done else ""
    return imported + (f" Not tried: {', '.join(map(str, rest))}." if rest else "")


def _rejects_path(store: Path, file: Path) -> Path:
    return store / "rejects" / re.sub(r"[^\w.-]", "_", f"{file.resolve().name}.csv")


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


def _import_events(
    console: Console, file: Path, keep: Callable[..., ImportSummary], rejects_path: Path
) -> ImportSummary:
    with Progress(console=console, transient=True) as progress:
        on_progress = partial(_show, progress, progress.add_task(f"Importing {file.resolve().name}", total=1.0))
        summary = keep(file, now=utc_now(), rejects_path=rejects_path, on_progress=on_progress)
    console.print(_table(file, summary))
    return summary


def _keep_products(
    console: Console, shop: Shop, file: Path, catalog: Catalog, rejects_path: Path, max_rejects: float
) -> None:
    n_rejects = len(catalog.rejects)
    if n_rejects:
        write_rejects(catalog.rejects, rejects_path)
    if n_rejects > max_rejects * (len(catalog.products) + n_rejects):
        first = catalog.rejects[0]
        raise InvalidInput(
            f"{n_rejects:,} rows of {file} are no products, so none was imported. "
            f"The first: line {first.line}: {first.reason}. All are in {rejects_path}."
        )
    rejected = f" {n_rejects:,} rejected (see {rejects_path})." if n_rejects else ""
    stored = shop.catalog.upsert(catalog.products)
    console.print(escape(f"{stored:,} products from {file} ({catalog.preset}).{rejected}"))


def _table(file: Path, summary: ImportSummary) -> Table:
    table = Table("rows", "", title=f"{file.resolve().name} as {', '.join(summary.presets)}", title_justify="left")
    table.columns[1].justify = "right"
    table.add_row("accepted", f"{summary.accepted:,}")
    table.add_row("duplicate", f"{summary.duplicate:,}")
    rejects = f" (see {summary.rejects_path})" if summary.rejects_path else ""
    table.add_row(f"rejected{rejects}", f"{summary.rejected:,}")
    return table
