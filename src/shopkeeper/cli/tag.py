"""`shopkeeper tag`: tag a file of products without a server."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Annotated

import anyio
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from shopkeeper.adapters.attribute_files import FileDictionaries
from shopkeeper.adapters.files.catalogs import read_products
from shopkeeper.adapters.memory import MemoryCatalogStore
from shopkeeper.adapters.memory_tags import MemoryTagStore
from shopkeeper.adapters.tagger_files import FileTaggers
from shopkeeper.adapters.taxonomy_files import read_taxonomy
from shopkeeper.app.language_models import open_teacher
from shopkeeper.app.settings import Settings
from shopkeeper.app.taggers import encoder_for, encoder_named
from shopkeeper.cli.options import on_bar
from shopkeeper.data.catalog import Product
from shopkeeper.data.tags import CATEGORY, Band, Tag
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.kit.clock import utc_now
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.services.catalog.jobs import Teacher, questions, trust_in_teacher
from shopkeeper.services.catalog.tagging import Tagging

_AT_ONCE = 200
_FIRST = ("item_id", "title", "category", "category_id", "category_confidence", "category_band")
_LAST = "to_review"


@dataclass(frozen=True, slots=True)
class _Tree:
    """A TaxonomyStore of one tree."""

    tree: Taxonomy | None

    def get(self) -> Taxonomy | None:
        return self.tree


def tag_command(
    file: Annotated[Path, typer.Argument(help="Products: CSV, JSON Lines or Parquet, as `shopkeeper import` reads.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the tagged products go, a .csv.")],
    tree: Annotated[
        Path | None, typer.Option(help="The category tree, .csv, .json, .toml or .txt; else the paths in the file.")
    ] = None,
    preset: Annotated[str | None, typer.Option("--as", metavar="PRESET", help="The form; else recognised.")] = None,
    attributes: Annotated[Path | None, typer.Option(help="Folder with dictionaries of your own, NAME.toml.")] = None,
    encoder: Annotated[str | None, typer.Option(help="auto, minilm, none, or a folder of a model.")] = None,
) -> None:
    """Tag products: file each in the category tree, tell its attributes, and how sure both are.

    Products of the file that have a category are what is learned from; without any, the names of the categories are.
    Killed, it goes on where it was when it is called again. What is sure stands in its column, what a person should
    look at in `to_review`. With SHOPKEEPER_LLM_URL and _MODEL, a language model is asked what is unsure.

    For example,

      shopkeeper tag products.csv -o tagged.csv

      shopkeeper tag new.csv -o tagged.csv --tree taxonomy.csv --encoder none
    """
    console = Console()
    if out.suffix != ".csv":
        raise InvalidInput(f"{out} is no .csv: the tagged products are written as one.")
    if not out.parent.is_dir():
        raise InvalidInput(f"{out.parent} is no folder; make it first.")
    products = _products(console, file, preset)
    settings = Settings.read({"encoder": encoder})
    given = read_taxonomy(tree) if tree else None
    dictionaries = FileDictionaries(attributes)
    work = out.with_name(f".{out.name}.partial")
    asked = _fingerprint(products, given, settings, [one.model_dump_json() for one in dictionaries.all()])
    about = work / "about.json"
    if work.exists() and (not about.exists() or json.loads(about.read_text("utf-8")) != asked):
        rmtree(work)
    work.mkdir(exist_ok=True)
    about.write_text(json.dumps(asked), "utf-8")

    catalog = MemoryCatalogStore()
    catalog.upsert(products)
    taggers = FileTaggers(work, dictionaries, encoder_named)
    tagging = Tagging(
        catalog,
        MemoryTagStore(catalog, catalog.note),
        taggers,
        _Tree(given),
        dictionaries,
        utc_now,
        encoder_for(settings),
    )
    with Progress(console=console, transient=True) as progress:
        saved = taggers.load() if taggers.current() else tagging.fit(on_bar(progress, "Learning"))
        for note in saved.category.notes_ if saved.category else ():
            console.print(escape(note))
        teacher = open_teacher(settings, out.parent, tagging.used().attributes.rules)
        names = sorted(
            {*(one.name for one in dictionaries.all()), *(key for one in products for key in one.attributes)}
        )
        n = _write(work / "rows.csv", products, tagging, teacher, names, on_bar(progress, "Tagging"))
    (work / "rows.csv").replace(out)
    rmtree(work)
    console.print(escape(f"Tagged {len(products):,} products into {out}{n}."))


def _products(console: Console, file: Path, preset: str | None) -> list[Product]:
    told = read_products(file, preset)
    for reject in told.rejects[:5]:
        console.print(escape(f"{reject.path.name}, line {reject.line}: {reject.reason}"))
    if len(told.rejects) > 5:
        console.print(f"... and {len(told.rejects) - 5:,} more rows that are no products.")
    if not told.products:
        raise InvalidInput(f"{file} holds no products.")
    return list({product.item_id: product for product in told.products}.values())


def _fingerprint(
    products: Sequence[Product], tree: Taxonomy | None, settings: Settings, dictionaries: Sequence[str]
) -> dict[str, str]:
    """Return what must be the same for what was begun to be gone on with."""
    digest = sha256()
    for product in products:
        digest.update(repr(product).encode())
    for category in tree.categories if tree else ():
        digest.update(repr(category).encode())
    digest.update("\0".join(dictionaries).encode())
    return {"of": digest.hexdigest(), "encoder": settings.encoder, "llm": f"{settings.llm_url} {settings.llm_model}"}


def _write(
    rows: Path,
    products: Sequence[Product],
    tagging: Tagging,
    teacher: Teacher | None,
    names: Sequence[str],
    on_progress: Callable[[float], None],
) -> str:
    """Append a row for each product that has none yet; return what a person should know."""
    done = _complete(rows)
    n_sure, n_filed = 0, 0
    with rows.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if not done:
            writer.writerow([*_FIRST, "brand", *(name for name in names if name != "brand"), _LAST])
            file.flush()
        for first in range(max(done - 1, 0), len(products), _AT_ONCE):
            part = products[first : first + _AT_ONCE]
            tagging.retag(part)
            if teacher is not None:
                _ask(tagging, teacher, part)
            for row in _rows(tagging, part, names):
                writer.writerow(row)
                n_filed += not row[5].startswith("merchant")
                n_sure += row[5] == Band.APPLIED.value
            file.flush()
            on_progress((first + len(part)) / len(products))
    return f": of {n_filed:,} without a category {n_sure:,} are surely filed" if n_filed and not done else ""


def _ask(tagging: Tagging, teacher: Teacher, part: Sequence[Product]) -> None:
    if asked := questions(tagging, part):
        for answer in anyio.run(partial(teacher.ask, asked, trust_in_teacher(tagging, teacher.version))):
            tagging.add(answer.item_id, answer.tags)


def _complete(rows: Path) -> int:
    """Cut off a line that was not written to its end; return how many are whole."""
    if not rows.exists():
        return 0
    content = rows.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        rows.write_bytes(whole)
    return whole.count(b"\n")


def _rows(tagging: Tagging, products: Sequence[Product], names: Sequence[str]) -> Iterator[list[str]]:
    told, tree = tagging.tags.told([product.item_id for product in products]), tagging.tree()
    for product in products:
        said = told[product.item_id]
        filled = said.applied.fill(product)
        filed = next((tag for tag in said.tags if tag.name == CATEGORY), None)
        cells = [product.item_id, product.title, *_category(product, filed, tree), filled.brand or ""]
        for name in names:
            if name != "brand":
                value = filled.attributes.get(name, "")
                cells.append(", ".join(value) if isinstance(value, tuple) else str(value))
        unsure = [tag for tag in said.tags if tag.band is Band.REVIEW and tag.name != CATEGORY]
        cells.append("; ".join(f"{tag.name}: {tag.value} ({tag.confidence:.2f})" for tag in unsure))
        # A row is a line, so that it can be told which rows are whole.
        yield [" ".join(cell.split()) for cell in cells]


def _category(product: Product, filed: Tag | None, tree: Taxonomy | None) -> tuple[str, str, str, str]:
    if product.categories:
        return product.categories[0], "", "", "merchant"
    if filed is None or tree is None:
        return "", "", "", Band.BLANK.value
    return tree.path(filed.value), filed.value, f"{filed.confidence:.3f}", filed.band.value
