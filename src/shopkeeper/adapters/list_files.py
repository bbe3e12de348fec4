"""Lists of products, and scores, of many people in one file, CSV or Parquet, for whoever sends letters."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import duckdb

from shopkeeper.kit.errors import InvalidInput

COLUMNS = {
    "shopper_id": "VARCHAR",
    "position": "INTEGER",
    "item_id": "VARCHAR",
    "title": "VARCHAR",
    "price_minor": "BIGINT",
    "currency": "VARCHAR",
    "score": "DOUBLE",
    "source": "VARCHAR",
    "reason": "VARCHAR",
    "text": "VARCHAR",
    "recommendation_id": "VARCHAR",
}
"""Of a file of lists, with their types in Parquet."""

SCORES = {
    "shopper_id": "VARCHAR",
    "value": "DOUBLE",
    "text": "VARCHAR",
    "version": "VARCHAR",
    "as_of": "TIMESTAMPTZ",
}
"""The same of a file of scores."""

MEMBERS = {"shopper_id": "VARCHAR", "as_of": "TIMESTAMPTZ"}
"""The same of a file of the members of a segment."""

Cell = str | int | float | None


class Rows(Protocol):
    """Takes rows."""

    def writerows(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Append rows, in the order of the columns."""


@contextmanager
def list_file(path: Path, columns: Mapping[str, str] = COLUMNS) -> Iterator[Rows]:
    """Open a file for writing; it is there, whole, when all went well, and else nothing changed."""
    if path.suffix not in (".csv", ".parquet"):
        raise InvalidInput(f"{path} is neither .csv nor .parquet: it is written as one of the two.")
    if not path.parent.is_dir():
        raise InvalidInput(f"{path.parent} is no folder; make it first.")
    with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        rows, made = Path(folder) / "lists.csv", Path(folder) / "lists"
        with rows.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            yield writer
        if path.suffix == ".parquet":
            with duckdb.connect() as connection:
                read = connection.read_csv(str(rows), header=True, dtype=dict(columns), quotechar='"', escapechar='"')
                read.write_parquet(str(made))
        else:
            made = rows
        made.replace(path)
