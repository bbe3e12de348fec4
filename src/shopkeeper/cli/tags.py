"""`shopkeeper tags`: what is said of a shop's products, and what persons say to it."""

import csv
from collections import Counter
from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, tagging_of
from shopkeeper.cli.options import DEFAULT_STORE, Store, existing_shop, on_bar
from shopkeeper.cli.reviewing import review_all
from shopkeeper.data.reviews import Action, Review
from shopkeeper.data.tags import CATEGORY, Band
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.kit.errors import InvalidInput, UnknownName
from shopkeeper.services.catalog.tagging import Tagging, tree_of
from shopkeeper.tagging.drift import BEFORE, NOW, drift

By = Annotated[str | None, typer.Option(help="Who says it; else the name of the system's user.")]


def fit_command(
    encoder: Annotated[str | None, typer.Option(help="auto, minilm, none, or a folder of a model.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Measure first, on a fifth of the labels.")] = False,
    store: Store = DEFAULT_STORE,
) -> None:
    """Fit the taggers to the products and to all that persons said, and tag everything anew.

    The tree is `taxonomy.csv`, `.json`, `.toml` or `.txt` in the shop's folder, else the paths that its products have.
    The worker does the same at night.

    For example,

      shopkeeper tags fit

      shopkeeper tags fit --check
    """
    shop, console = existing_shop(store), Console()
    try:
        tagging = tagging_of(shop, Settings.read({"encoder": encoder}))
        with Progress(console=console, transient=True) as progress:
            told = tagging.check(on_bar(progress, "Measuring")) if check else None
            saved = tagging.fit(on_bar(progress, "Learning"))
            products = shop.products.all()
            tagging.retag(products, on_bar(progress, "Tagging"))
            tagging.catch_up()
        for note in saved.category.notes_ if saved.category else ():
            console.print(escape(note))
        if saved.category is None:
            console.print("There is no category tree, so only attributes are told: put a taxonomy.csv into the store.")
        if told:
            console.print(
                f"Of {told.n:,} labels that were held back, {told.n_right / told.n:.1%} are filed right; "
                f"{told.n_applied / told.n:.1%} would be applied"
                + (f", of which {told.n_applied_right / told.n_applied:.1%} are right." if told.n_applied else ".")
            )
        console.print(f"Fitted {saved.version} on {len(products):,} products.")
        console.print(_table(shop))
    finally:
        shop.close()


def list_command(store: Store = DEFAULT_STORE) -> None:
    """List what is said of the products, and how persons judge it.

    For example,

      shopkeeper tags list
    """
    shop = existing_shop(store)
    try:
        console = Console()
        console.print(_table(shop))
        judged = drift([one.action is Action.ACCEPT for one in shop.tags.recent(NOW + BEFORE)])
        if judged.now is not None:
            console.print(f"Of the last {judged.n} that persons looked at, {judged.now:.0%} were accepted.")
        if judged.text:
            console.print(f"[bold red]{escape(judged.text)}[/]")
    finally:
        shop.close()


def label_command(
    file: Annotated[Path, typer.Argument(help="A CSV with item_id and category, or item_id, name and value.")],
    by: By = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Take what is right from a file, as if a person had said it of each product: all of it, or nothing.

    A category is named by its id, or by its path (Home > Mugs); empty, it means that none fits.

    For example,

      shopkeeper tags label labels.csv

      shopkeeper tags fit
    """
    shop = existing_shop(store)
    try:
        tagging = tagging_of(shop, Settings.read({}))
        tagging.catch_up()
        reviews = _labels(file, tagging, by or getuser())
        n = sum(tagging.decide(reviews))
        Console().print(f"{n:,} labels from {file}; learn from all of them: shopkeeper tags fit --store {store}")
    finally:
        shop.close()


def review_command(
    name: Annotated[str | None, typer.Option(help="Only of this name, such as category or colour.")] = None,
    by: By = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Look at what is unsure, the most useful first: accept, fix or skip by a key.

    What is decided counts at once, and is learned from at once.

    For example,

      shopkeeper tags review

      shopkeeper tags review --name category
    """
    shop = existing_shop(store)
    try:
        review_all(shop, Settings.read({"store": store}), name, by or getuser())
    finally:
        shop.close()


def commands() -> typer.Typer:
    """Return them together."""
    app = typer.Typer(help="What is said of the products: categories, attributes, and reviews.", no_args_is_help=True)
    app.command("fit")(fit_command)
    app.command("list")(list_command)
    app.command("label")(label_command)
    app.command("review")(review_command)
    return app


def _table(shop: Shop) -> Table:
    counted: Counter[tuple[str, str]] = Counter()
    ids = [product.item_id for product in shop.products.all()]
    for told in shop.tags.told(ids).values():
        counted.update((tag.name, tag.band) for tag in told.tags)
    decided: Counter[str] = Counter()
    for names in shop.tags.decided(ids).values():
        decided.update(names.keys())
    table = Table("what", "applied", "to review", "said by persons", box=SIMPLE)
    for column in table.columns[1:]:
        column.justify = "right"
    for name in sorted({*(name for name, _ in counted), *decided}, key=lambda one: (one != CATEGORY, one)):
        numbers = (counted[name, Band.APPLIED], counted[name, Band.REVIEW], decided[name])
        table.add_row(name, *(f"{number:,}" for number in numbers))
    table.caption = f"of {len(ids):,} products"
    return table


def _labels(file: Path, tagging: Tagging, by: str) -> list[Review]:
    try:
        text = file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {file}.") from None
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not in UTF-8 ({error}): save it as UTF-8.") from error
    rows = csv.DictReader(text.splitlines())
    columns = set(rows.fieldnames or ())
    if "item_id" not in columns or not ("category" in columns or {"name", "value"} <= columns):
        raise InvalidInput(
            f"{file} has the columns {', '.join(rows.fieldnames or ())}: give item_id and category, "
            "or item_id, name and value."
        )
    given = [
        (
            rows.line_num,
            row["item_id"] or "",
            (row.get("name") or CATEGORY),
            (row.get("category") or row.get("value") or ""),
        )
        for row in rows
    ]
    products = tagging.products.get(list(dict.fromkeys(item_id for _, item_id, _, _ in given)))
    tree = tagging.taxonomies.get() or tagging.tree() or tree_of(tagging.products.all())
    told, now, reviews = tagging.tags.told(list(products)), tagging.clock(), []
    for line, item_id, name, value in given:
        if item_id not in products:
            raise InvalidInput(f"{file}, line {line}: there is no product {item_id!r}; nothing was stored.")
        try:
            right = _category_id(value.strip(), tree) if name == CATEGORY else value.strip()
        except UnknownName as error:
            raise InvalidInput(f"{file}, line {line}: {error} Nothing was stored.") from error
        said = next((tag for tag in told[item_id].tags if tag.name == name), None) if item_id in told else None
        action = Action.ACCEPT if said and said.value == right else Action.FIX
        # The same file again says the same.
        review_id = f"{file.name}:{item_id}:{name}:{right}"
        reviews.append(Review(review_id, item_id, name, action, right, by, now))
    return reviews


def _category_id(named: str, tree: Taxonomy | None) -> str:
    if not named or (tree is not None and named in tree):
        return named
    paths = (
        {tree.path(one.category_id, tongue): one.category_id for one in tree.categories for tongue in one.names}
        if tree
        else {}
    )
    if named not in paths:
        raise UnknownName("category", named, {*paths, *paths.values()})
    return paths[named]
