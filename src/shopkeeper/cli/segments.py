"""`shopkeeper segments`: who is in a segment."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from shopkeeper.adapters.list_files import MEMBERS, list_file
from shopkeeper.app.stores import Shop
from shopkeeper.cli.options import DEFAULT_STORE, Store, existing_shop, on_bar
from shopkeeper.cli.predict import moment_of, outlook_of
from shopkeeper.data.consent import Purpose
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.services.predictions.jobs import behaviour_of
from shopkeeper.services.predictions.segments import members, segments_of


def segments_command(
    name: Annotated[str | None, typer.Argument(help="A segment; without one, all are listed.")] = None,
    as_of: Annotated[datetime | None, typer.Option(help="In UTC; else the time of the newest event.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the members go, .parquet or .csv.")] = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """List the segments, or write everybody who is in one to a file.

    A segment is a file segments/NAME.toml in the shop's folder, with `about` and `where`, an expression of predictions,
    facts and other segments: where = "churn > 0.7 and value_90d > 5000".

    For example,

      shopkeeper segments

      shopkeeper segments leaving_soon --out leaving.csv
    """
    shop = existing_shop(store)
    try:
        if name is None:
            _list(shop)
        elif out is None:
            raise InvalidInput("Give --out FILE: where do the members go?")
        else:
            _write(shop, name, as_of, out)
    finally:
        shop.close()


def _list(shop: Shop) -> None:
    segments, problems = segments_of(shop.segments, shop.predictions)
    table = Table("segment", "who", "where", "", box=SIMPLE)
    for name in shop.segments.names():
        problem, about, where = problems.get(name, ""), "", ""
        if not problem:
            segment = shop.segments.get(name)
            about, where = segment.about, segment.where
            try:
                segments.needed(name)
            except InvalidInput as error:
                problem = str(error)
        table.add_row(name, escape(about), escape(where), escape(problem))
    none = "There is no segment yet: write one, segments/NAME.toml in the shop's folder."
    Console().print(table if table.row_count else none)


def _write(shop: Shop, name: str, as_of: datetime | None, out: Path) -> None:
    segments, problems = segments_of(shop.segments, shop.predictions)
    if name in problems:
        raise InvalidInput(problems[name])
    needed, told = segments.needed(name), behaviour_of(shop.allowing(Purpose.PREDICTION), shop.catalog, shop.labels)
    moment, n, console = moment_of(told, as_of), 0, Console()
    defined = {one: shop.predictions.get(one) for one in sorted(needed)}
    outlooks = {one: (made, outlook_of(shop, one, made, told, moment)) for one, made in defined.items()}
    left = {who for who, said in shop.people.everybody().items() if name in said.preferences.not_in}
    with list_file(out, MEMBERS) as rows, Progress(console=console, transient=True) as progress:
        bar = on_bar(progress, f"Looking for {name}")
        for share, found in members(name, segments, outlooks, told, moment):
            still = [who for who in found if who not in left]
            rows.writerows([[shopper_id, moment.isoformat()] for shopper_id in still])
            n += len(still)
            bar(share)
    console.print(f"Wrote {n:,} who are {name} as of {moment:%Y-%m-%d %H:%M} UTC to {out}.")
