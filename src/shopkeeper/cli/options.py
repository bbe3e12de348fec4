"""What several commands take: the store, a model's options, a progress bar."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, open_shop
from shopkeeper.estimator import Progress as OnProgress
from shopkeeper.kit.errors import InvalidInput, NotFound, UnknownName

DEFAULT_STORE = Path("shopkeeper-data")
Store = Annotated[Path, typer.Option(help="Folder of the shop's data.")]
OptionPairs = Annotated[
    list[str] | None,
    typer.Option(metavar="[MODEL.]NAME=VALUE", help="A model's option; docs/reference/models.md lists them."),
]


def options_of(
    names: Collection[str], pairs: Sequence[str], *, also: Collection[str] = ()
) -> dict[str, dict[str, object]]:
    """Return the options of each model: `name=value` is meant for all in `names`, `model.name=value` for one.

    Models in `also` take only the second form. A value is read as JSON where it is JSON (10, 0.5, null, ["a"]), else
    as text.
    """
    options: dict[str, dict[str, object]] = {model: {} for model in (*also, *names)}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        whose, dot, option = name.rpartition(".")
        if not equals or not option:
            raise InvalidInput(f"--option {pair} is not NAME=VALUE; for example --option n_neighbors=500.")
        if dot and whose not in options:
            raise UnknownName("model among those asked for", whose, options)
        for model in [whose] if dot else names:
            options[model][option] = _value(value)
    return options


def _value(text: str) -> object:
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value


def existing_shop(store: Path) -> Shop:
    """Open the shop in a folder; NotFound where there is none, since a slip in the name should not make one."""
    database = Settings.read({}).database_url
    if not (store if database else store / "shop.sqlite").exists():
        raise NotFound(f"There is no shop in {store}; import some behaviour first: shopkeeper import FILE")
    return open_shop(store, database)


def on_bar(progress: Progress, text: str) -> OnProgress:
    """Add a bar, and return what moves it."""
    task = progress.add_task(text, total=1.0)
    return lambda share: progress.update(task, completed=share)
