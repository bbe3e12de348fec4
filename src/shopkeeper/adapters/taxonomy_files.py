"""Category trees in files: a merchant's CSV, JSON or TOML, paths, and the public trees of Shopify and Google."""

import csv
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from shopkeeper.data.catalog import LEVELS
from shopkeeper.data.taxonomy import NAME, Category, Taxonomy
from shopkeeper.kit.errors import InvalidInput

_WITH_ID = re.compile(r"(gid://\S+)\s+:\s+(.+)|(\d+) - (.+)")
_ID = ("id", "category_id")
_PARENT = ("parent_id", "parent")
SUFFIXES = (".csv", ".json", ".toml", ".txt")
_HOW = "a CSV with the columns id, parent_id and name (name_de, name_zh ... for more languages), or path"


def read_taxonomy(path: Path, language: str = NAME) -> Taxonomy:
    """Return the tree in a file; its names are in `language` where the file does not say.

    .csv   columns id, parent_id, name, and name_de and the like; or path (A > B > C), with id or without
    .json  a list of {id, parent_id, name or names}, with children inside instead of parent_id, with a path of {id,
           name} from the root (Best Buy), or Shopify's categories.json
    .toml  the same list, as [[categories]] or with children = [{...}] inside
    .txt   a path a line, with Shopify's id before it (`gid://... : A > B`), Google's (`12 - A > B`), or none
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {path}.") from None
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name} is not in UTF-8 ({error}): save it as UTF-8.") from error
    kinds = {".csv": _of_csv, ".json": _of_json, ".toml": _of_toml, ".txt": _of_lines}
    if path.suffix.lower() not in kinds:
        raise InvalidInput(f"{path.name} ends in {path.suffix!r}; known: {', '.join(kinds)}.")
    try:
        categories = list(kinds[path.suffix.lower()](text, language))
        if not categories:
            raise InvalidInput("it has no categories.")
        return Taxonomy(categories)
    except InvalidInput as error:
        raise InvalidInput(f"{path.name}: {error}") from error


def read_pairs(path: Path) -> dict[str, str]:
    """Return a table between trees, or of what was renamed: a CSV with the columns from and to."""
    rows = csv.DictReader(path.read_text("utf-8-sig").splitlines())
    if not {"from", "to"} <= set(rows.fieldnames or ()):
        raise InvalidInput(f"{path.name} needs the columns from and to; it has {', '.join(rows.fieldnames or ())}.")
    return {row["from"]: row["to"] for row in rows}


def _of_csv(text: str, language: str) -> Iterator[Category]:
    rows = csv.DictReader(text.splitlines())
    columns = {(column or "").strip().lower(): column for column in rows.fieldnames or ()}
    id_column = next((columns[name] for name in _ID if name in columns), None)
    if "path" in columns:
        own = columns["path"]
        yield from _of_paths(((row[id_column] if id_column else None, row[own] or "") for row in rows), language)
        return
    parent = next((columns[name] for name in _PARENT if name in columns), None)
    names = {name.partition("_")[2] or language: own for name, own in columns.items() if re.match(r"name(_|$)", name)}
    if id_column is None or not names:
        raise InvalidInput(f"it has the columns {', '.join(columns)}: give {_HOW}.")
    for row in rows:
        told = {tongue: value.strip() for tongue, own in names.items() if (value := row[own]) and value.strip()}
        yield Category((row[id_column] or "").strip(), (row[parent] or "").strip() or None if parent else None, told)


def _of_lines(text: str, language: str) -> Iterator[Category]:
    lines = (line.strip() for line in text.splitlines())
    yield from _of_paths((_parted(line) for line in lines if line and not line.startswith("#")), language)


def _parted(line: str) -> tuple[str | None, str]:
    if not (found := _WITH_ID.fullmatch(line)):
        return None, line
    return found[1] or found[3], found[2] or found[4]


def _of_paths(paths: Iterator[tuple[str | None, str]], language: str) -> Iterator[Category]:
    """Make each path a category under that of the path without its last level; without ids, what is missing too."""
    id_of: dict[tuple[str, ...], str] = {}
    for category_id, path in paths:
        levels = tuple(level.strip() for level in path.split(LEVELS.strip()))
        if not all(levels):
            raise InvalidInput(f"the path {path!r} has a level without a name: write levels as A > B > C.")
        if category_id is None:
            for depth in range(1, len(levels) + 1):
                own = LEVELS.join(levels[:depth])
                if levels[:depth] not in id_of:
                    id_of[levels[:depth]] = own
                    yield Category(own, id_of.get(levels[: depth - 1]), {language: levels[depth - 1]})
            continue
        if levels in id_of:
            raise InvalidInput(f"{id_of[levels]} and {category_id} are both {path!r}: give one of them another name.")
        if levels[1:] and levels[:-1] not in id_of:
            raise InvalidInput(f"{path!r} comes before {LEVELS.join(levels[:-1])!r}, or that is missing: add it above.")
        id_of[levels] = category_id
        yield Category(category_id, id_of.get(levels[:-1]), {language: levels[-1]})


def _of_json(text: str, language: str) -> Iterator[Category]:
    try:
        told = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"it is no JSON: {error}") from error
    if isinstance(told, dict) and isinstance(told.get("verticals"), list):
        told = [one for vertical in told["verticals"] for one in vertical["categories"]]
    elif isinstance(told, dict):
        told = told.get("categories", [told])
    # Shopify names children by id only, beside the list of all; Best Buy some parents only in paths.
    yield from _of_nodes([*_in_paths_only(told), *told] if isinstance(told, list) else told, None, language)


def _in_paths_only(nodes: Sequence[object]) -> list[dict[str, object]]:
    """Return a node for each that paths have and the list has not."""
    paths = [node["path"] for node in nodes if isinstance(node, dict) and isinstance(node.get("path"), list)]
    known = {str(node.get("id")) for node in nodes if isinstance(node, dict)}
    found = {str(step["id"]): {**step, "path": path[: k + 1]} for path in paths for k, step in enumerate(path)}
    return [node for own, node in found.items() if own not in known]


def _of_toml(text: str, language: str) -> Iterator[Category]:
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"it is no TOML: {error}") from error
    yield from _of_nodes(told.get("categories"), None, language)


def _of_nodes(nodes: object, parent_id: str | None, language: str) -> Iterator[Category]:
    for node in nodes if isinstance(nodes, list) else []:
        if not isinstance(node, dict):
            raise InvalidInput(f"{node!r} is no category: write {{id, parent_id, name}}.")
        own = next((str(node[key]) for key in _ID if node.get(key)), "")
        names = node.get("names") or {language: node.get("name") or ""}
        if not isinstance(names, Mapping):
            raise InvalidInput(f"the names of {own or node!r} are no object of language and name.")
        above = next((str(node[key]) for key in _PARENT if node.get(key)), parent_id)
        path = node.get("path")
        if isinstance(path, list) and path[1:]:
            above = str(path[-2]["id"])
        yield Category(own, above, {str(tongue): str(name) for tongue, name in names.items()})
        if "parent_id" not in node:
            yield from _of_nodes(node.get("children"), own, language)


class FileTaxonomy:
    """A TaxonomyStore: `taxonomy.csv`, `.json`, `.toml` or `.txt` in a folder, read again when it changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: tuple[tuple[str, int, int], Taxonomy] | None = None

    def get(self) -> Taxonomy | None:
        """Return the tree as it is now, None where there is no such file; InvalidInput if it cannot be used."""
        found = [path for path in sorted(self._folder.glob("taxonomy.*")) if path.suffix in SUFFIXES]
        if not found:
            return None
        if len(found) > 1:
            names = ", ".join(path.name for path in found)
            raise InvalidInput(f"There are several trees in {self._folder}: {names}. Keep one of them.")
        stat = found[0].stat()
        stamp = (found[0].name, stat.st_mtime_ns, stat.st_ino)
        if self._known is None or self._known[0] != stamp:
            self._known = stamp, read_taxonomy(found[0])
        return self._known[1]
