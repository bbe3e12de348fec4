"""`shopkeeper predict`: what shoppers will do, with reasons; or everybody's scores in a file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from shopkeeper.adapters.list_files import SCORES, list_file
from shopkeeper.app.stores import Shop
from shopkeeper.cli.options import DEFAULT_STORE, Store, existing_shop, on_bar
from shopkeeper.data.consent import Purpose
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.errors import InvalidInput, NotFitted, TooLittle
from shopkeeper.kit.legible import legible
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.outlook import Outlook, Score
from shopkeeper.prediction.reliability import reliability_svg
from shopkeeper.services.predictions.jobs import behaviour_of


def predict_command(
    name: Annotated[str | None, typer.Argument(help="A prediction; without one, all are listed.")] = None,
    shoppers: Annotated[list[str] | None, typer.Argument(help="User ids or visitor ids.")] = None,
    item: Annotated[list[str] | None, typer.Option(help="A product, of what is about shown ones; repeatable.")] = None,
    as_of: Annotated[datetime | None, typer.Option(help="In UTC; else the time of the newest event.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="For everybody, into a file.")] = False,
    out: Annotated[Path | None, typer.Option(help="Of all: the file, .parquet or .csv.")] = None,
    reliability: Annotated[Path | None, typer.Option(help="Draw how well it is calibrated, into this .svg.")] = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Say what shoppers will do, and why, from what they had done by a moment.

    What `shopkeeper fit --prediction NAME` learned answers; where there is nothing, or the moment is before it, it is
    learned now from what had happened by the moment, and not kept.

    For example,

      shopkeeper predict

      shopkeeper predict purchase_30d 12748 15311

      shopkeeper predict click_shown 12748 --item 22423 --item 85123A

      shopkeeper predict value_90d --all --out value.parquet --as-of 2011-10-01

      shopkeeper predict purchase_30d --reliability purchase_30d.svg
    """
    shop = existing_shop(store)
    try:
        if name is None:
            Console().print(_known(shop))
            return
        if reliability is not None:
            _draw(shop, name, as_of, reliability)
            if not shoppers and not all_:
                return
        if all_ == bool(shoppers) or all_ != (out is not None):
            raise InvalidInput("Name shoppers, or give --all with --out FILE: whose scores are wanted?")
        _predict(shop, name, shoppers or [], item, as_of, out)
    finally:
        shop.close()


def _predict(
    shop: Shop, name: str, shoppers: list[str], items: list[str] | None, as_of: datetime | None, out: Path | None
) -> None:
    prediction, console = shop.predictions.get(name), Console()
    told = behaviour_of(shop.allowing(Purpose.PREDICTION), shop.catalog, shop.labels)
    moment = moment_of(told, as_of)
    outlook = outlook_of(shop, name, prediction, told, moment)
    if out is None:
        pairs = [(shopper, item) for shopper in shoppers for item in items or [""]]
        about = [item for _, item in pairs] if items else None
        scores = outlook.scores(told, [shopper for shopper, _ in pairs], moment, items=about)
        console.print(_table(name, prediction.about, scores))
        console.print(f"Not for {prediction.not_for}.")
        return
    n, at = 0, moment.isoformat()
    with list_file(out, SCORES) as rows, Progress(console=console, transient=True) as progress:
        bar = on_bar(progress, f"Predicting {name}")
        for share, scores in outlook.everybody(told, moment):
            rows.writerows([[s.shopper_id, s.value, s.text, s.version, at] for s in scores])
            n += len(scores)
            bar(share)
    console.print(f"Wrote {n:,} scores of {name} {outlook.version} to {out}.")


def _draw(shop: Shop, name: str, as_of: datetime | None, out: Path) -> None:
    told = behaviour_of(shop.allowing(Purpose.PREDICTION), shop.catalog, shop.labels)
    outlook = outlook_of(shop, name, shop.predictions.get(name), told, moment_of(told, as_of))
    if outlook.measured is None:
        raise InvalidInput(f"{name} has no probabilities that were measured: draw one that is learned by trees.")
    out.write_text(reliability_svg(outlook.measured, name))
    Console().print(f"Wrote {out}: how well {name} {outlook.version} is calibrated.")


def outlook_of(shop: Shop, name: str, prediction: Prediction, told: Behaviour, moment: datetime) -> Outlook:
    """Return what was fitted; where there is nothing, or the moment is before it, learn it now."""
    try:
        outlook = shop.outlooks.load(name, prediction).outlook
    except (NotFitted, TooLittle):
        return Outlook.fit(prediction, told, moment)
    return outlook if to_us(moment) >= outlook.as_of else Outlook.fit(prediction, told, moment)


def moment_of(told: Behaviour, as_of: datetime | None) -> datetime:
    """Return a time in UTC, that of the newest event where none is given."""
    return from_us(int(told.log.at.max(initial=0))) if as_of is None else as_of.replace(tzinfo=as_of.tzinfo or UTC)


def _known(shop: Shop) -> Table:
    table = Table("prediction", "means", "not for", "fitted", box=SIMPLE)
    for name in shop.predictions.names():
        prediction = shop.predictions.get(name)
        try:
            outlook = shop.outlooks.load(name, prediction).outlook
        except (NotFitted, TooLittle) as error:
            fitted = str(error) if isinstance(error, TooLittle) else "not yet"
        else:
            reached = ", ".join(f"{metric} {value:.3g}" for metric, value in outlook.metrics.items())
            fitted = f"{outlook.version} as of {from_us(outlook.as_of):%Y-%m-%d}: {reached}"
        table.add_row(name, prediction.about, prediction.not_for, fitted)
    return table


def _table(name: str, about: str, scores: list[Score]) -> Table:
    title = f"{about}: {name} {scores[0].version}, as of {scores[0].as_of:%Y-%m-%d %H:%M} UTC"
    table = Table("shopper", "value", "", "what weighed most", title=title, title_justify="left", box=SIMPLE)
    table.columns[1].justify = "right"
    for score in scores:
        value = "-" if score.value is None else legible(score.value)
        about_whom = score.shopper_id if score.item_id is None else f"{score.shopper_id}, {score.item_id}"
        table.add_row(about_whom, value, score.text, "\n".join(score.reasons))
    return table
