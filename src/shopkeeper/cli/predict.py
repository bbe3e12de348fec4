"""`shopkeeper predict`: what shoppers will do, with reasons; or everybody's scores in a file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from shopkeeper.adapters.list_files import SCORES, list_file
from shopkeeper.app.assemble import Shop
from shopkeeper.cli.options import DEFAULT_STORE, Store, existing_shop
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.outlook import Outlook, Score

_AT_ONCE = 50_000


def predict_command(
    name: Annotated[str | None, typer.Argument(help="A prediction; without one, all are listed.")] = None,
    shoppers: Annotated[list[str] | None, typer.Argument(help="User ids or visitor ids.")] = None,
    as_of: Annotated[datetime | None, typer.Option(help="In UTC; else the time of the newest event.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="For everybody, into a file.")] = False,
    out: Annotated[Path | None, typer.Option(help="Of all: the file, .parquet or .csv.")] = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Learn a prediction from what had happened by a moment, and say what shoppers will do, and why.

    For example,

      shopkeeper predict

      shopkeeper predict purchase_30d 12748 15311

      shopkeeper predict value_90d --all --out value.parquet --as-of 2011-10-01
    """
    shop = existing_shop(store)
    try:
        if name is None:
            Console().print(_known(shop))
            return
        if all_ == bool(shoppers) or all_ != (out is not None):
            raise InvalidInput("Name shoppers, or give --all with --out FILE: whose scores are wanted?")
        _predict(shop, name, shoppers or [], as_of, out)
    finally:
        shop.close()


def _predict(shop: Shop, name: str, shoppers: list[str], as_of: datetime | None, out: Path | None) -> None:
    prediction, console = shop.predictions.get(name), Console()
    log = shop.events.log()
    told = Behaviour.of(log, {p.item_id: p.categories[0] for p in shop.catalog.all() if p.categories})
    newest = from_us(int(log.at.max(initial=0)))
    moment = newest if as_of is None else as_of.replace(tzinfo=as_of.tzinfo or UTC)
    outlook = Outlook.fit(prediction, told, moment)
    if out is None:
        console.print(_table(name, prediction.about, outlook.scores(told, shoppers, moment)))
        console.print(f"Not for {prediction.not_for}.")
        return
    past = told.until(to_us(moment))
    everybody = [log.users[int(user)] for user in np.unique(past.user_idx)]
    with list_file(out, SCORES) as rows:
        for first in range(0, len(everybody), _AT_ONCE):
            scores = outlook.scores(told, everybody[first : first + _AT_ONCE], moment, why=False)
            rows.writerows([[s.shopper_id, s.value, s.text, s.version, s.as_of.isoformat()] for s in scores])
    console.print(f"Wrote {len(everybody):,} scores of {name} {outlook.version} to {out}.")


def _known(shop: Shop) -> Table:
    table = Table("prediction", "means", "not for", box=SIMPLE)
    for name in shop.predictions.names():
        prediction = shop.predictions.get(name)
        table.add_row(name, prediction.about, prediction.not_for)
    return table


def _table(name: str, about: str, scores: list[Score]) -> Table:
    title = f"{about}: {name} {scores[0].version}, as of {scores[0].as_of:%Y-%m-%d %H:%M} UTC"
    table = Table("shopper", "value", "", "what weighed most", title=title, title_justify="left", box=SIMPLE)
    table.columns[1].justify = "right"
    for score in scores:
        value = "-" if score.value is None else f"{score.value:.4g}"
        table.add_row(score.shopper_id, value, score.text, "\n".join(score.reasons))
    return table
