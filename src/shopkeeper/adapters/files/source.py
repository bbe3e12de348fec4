"""Find out what a file is, and make DuckDB read it as columns of text."""

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from duckdb import DuckDBPyConnection
from duckdb import Error as DuckDBError

from shopkeeper.kit.errors import InvalidInput

Kind = Literal["csv", "json", "parquet"]

_KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".parquet": "parquet",
}
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_MAGIC = {
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "gzip data",
    b"\x28\xb5\x2f\xfd": "Zstandard data",
    b"PK\x03\x04": "a zip archive (or a spreadsheet)",
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
LINE_LIMIT = 16_000_000
"""Longest line in bytes; one order of a thousand products is far shorter."""
_FIRST_LINE_LIMIT = 100_000
"""Longest first line of a table in characters: thousands of columns."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file that holds what its name says."""

    path: Path
    kind: Kind
    compression: str
    columns: tuple[str, ...]
    """Names from the header, or c1, c2 ... without one; of JSON the keys of all records."""
    delimiter: str = ","
    first_row: tuple[str, ...] = ()
    """The cells of the first line, of a file without header."""

    @property
    def header(self) -> bool:
        """Whether the first line names the columns."""
        return self.kind == "csv" and not self.first_row

    def sql(self, rejects: str) -> str:
        """Return a FROM clause of VARCHAR columns; broken lines of text go to the temporary table `rejects`.

        Beside them stand `_raw`, the row as the file has it, and of JSON the parsed `record`, its `_number`
        and whether it is `_broken`.
        """
        names = [name(column) for column in self.columns]
        match self.kind:
            case "parquet":
                texts = ", ".join(f"CAST({column} AS VARCHAR) AS {column}" for column in names)
                rows = f"(SELECT {texts} FROM read_parquet({quote(str(self.path))}))"
            case "csv":
                rows = _read(
                    self.path,
                    self.compression,
                    self.columns,
                    f"header = {self.header}",
                    f"delim = {quote(self.delimiter)}",
                    "quote = '\"'",
                    "escape = '\"'",
                    *_keeping(rejects),
                )
            case "json":
                keys = ", ".join(f"{_values(same)} AS {name(same[0])}" for same in _spellings(self.columns))
                records = (
                    "SELECT line, row_number() OVER () AS _number, TRY_CAST(line AS JSON) AS record "
                    f"FROM {_lines(self.path, self.compression, *_keeping(rejects))}"
                )
                return (
                    f"(SELECT line AS _raw, _number, record IS NULL AS _broken, record, {keys} FROM ({records}) "
                    "WHERE trim(line) <> '')"
                )
        raw = ", ".join(f"coalesce({column}, '')" for column in names)
        return (
            f"(SELECT concat_ws({quote(self.delimiter)}, {raw}) AS _raw, CAST(NULL AS BIGINT) AS _number, "
            f"false AS _broken, * FROM {rows})"
        )

    def lines(self, encoding: str) -> str:
        """Return a FROM clause of the column `line`: all lines whole, NULL where one is blank."""
        return _lines(self.path, self.compression, f"encoding = '{encoding}'")


def _read(path: Path, compression: str, columns: tuple[str, ...], *options: str) -> str:
    types = ", ".join(f"{quote(column)}: 'VARCHAR'" for column in columns)
    return (
        f"read_csv({quote(str(path))}, columns = {{{types}}}, auto_detect = false, compression = '{compression}', "
        f"max_line_size = {LINE_LIMIT}, {', '.join(options)})"
    )


def _lines(path: Path, compression: str, *options: str) -> str:
    """Return a FROM clause of the column `line`: all lines of a file whole, NULL where one is blank."""
    return _read(
        path, compression, ("line",), "header = false", "delim = chr(31)", "quote = ''", "escape = ''", *options
    )


def _keeping(rejects: str) -> tuple[str, ...]:
    return "store_rejects = true", f"rejects_table = '{rejects}'", f"rejects_scan = '{rejects}_scan'"


def _spellings(keys: tuple[str, ...]) -> list[list[str]]:
    """Return the keys with those together that SQL holds for one: they differ in upper and lower case only."""
    same: dict[str, list[str]] = {}
    for key in keys:
        same.setdefault(key.lower(), []).append(key)
    return list(same.values())


def _values(keys: list[str]) -> str:
    paths = ('$."' + key.replace('"', '\\"') + '"' for key in keys)
    return "coalesce(" + ", ".join(f"json_extract_string(record, {quote(path)})" for path in paths) + ")"


def quote(text: str) -> str:
    """Return an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def name(column: str) -> str:
    """Return an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def find_files(path: Path, leave_out: Path | None = None) -> list[Path]:
    """Return the files that a path, folder or glob stands for, in name order; of a folder not those in `leave_out`."""
    if path.is_dir():
        found = [file for file in path.rglob("*") if file.is_file() and _kind(file) is not None]
        if leave_out is not None and path.resolve() in leave_out.resolve().parents:
            found = [file for file in found if not file.resolve().is_relative_to(leave_out.resolve())]
    else:
        found = [path] if path.is_file() else sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor))))
    if not found:
        raise InvalidInput(
            f"There is nothing to read at {path}: give a file, a folder or a pattern such as 'log/*.csv'."
        )
    return sorted(found)


def open_source(
    path: Path, connection: DuckDBPyConnection, *, header: bool | None = None, names: Collection[str] = ()
) -> Source:
    """Look at the start of a file; InvalidInput says in one sentence why it cannot be read.

    Whether the first line of a CSV is a `header` is found out where it is not said: two of `names` (in lower case)
    stand in it, or no number.
    """
    kind = _kind(path)
    if kind is None:
        raise InvalidInput(
            f"{path} has an ending that says nothing: name it .csv, .tsv, .jsonl or .parquet (.gz, .zst)."
        )
    compression = _COMPRESSIONS.get(path.suffix.lower(), "none")
    _check_start(path, kind, compression)
    try:
        if kind == "parquet":
            described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({quote(str(path))})").fetchall()
            return Source(path, kind, compression, tuple(str(row[0]) for row in described))
        if kind == "json":
            return _json(path, compression, connection)
        line = _first_line(path, compression, connection)
        return _csv(path, compression, line, header, names)
    except DuckDBError as error:
        raise InvalidInput(f"{path} cannot be read as {kind}: {str(error).splitlines()[0]}") from error


def _kind(path: Path) -> Kind | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSIONS:
        suffixes.pop()
    return _KINDS.get(suffixes[-1]) if suffixes else None


def _check_start(path: Path, kind: Kind, compression: str) -> None:
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        raise InvalidInput(f"{path} is empty.")
    found = next((what for magic, what in _MAGIC.items() if start.startswith(magic)), None)
    expected = {"gzip": "gzip data", "zstd": "Zstandard data", "none": None}[compression]
    if kind == "parquet":
        expected = "a Parquet file"
    if found != expected:
        raise InvalidInput(
            f"{path} is not what its name says: it is {found or f'not {expected}'}; rename or convert it."
        )
    if expected is None and b"\0" in start:
        raise InvalidInput(f"{path} is not text: it holds zero bytes; export it again as UTF-8 text.")


def _first_line(path: Path, compression: str, connection: DuckDBPyConnection) -> str:
    """Return the first readable line, whatever the compression."""
    lines = _lines(path, compression, "ignore_errors = true")
    rows = connection.execute(f"SELECT line FROM {lines} WHERE line IS NOT NULL LIMIT 1").fetchall()
    if not rows:
        raise InvalidInput(f"{path} holds no line of UTF-8 text.")
    return str(rows[0][0]).removeprefix("\ufeff").rstrip("\r")


def _json(path: Path, compression: str, connection: DuckDBPyConnection) -> Source:
    line = _first_line(path, compression, connection)
    if not line.lstrip().startswith("{"):
        raise InvalidInput(f"{path} is not JSON Lines: each line must be one object, but it begins {line[:40]!r}.")
    # Of every record, since some field may stand in the last one only.
    lines = _lines(path, compression, "ignore_errors = true")
    keys = connection.execute(f"SELECT DISTINCT unnest(json_keys(TRY_CAST(line AS JSON))) FROM {lines}").fetchall()
    return Source(path, "json", compression, tuple(sorted(str(key) for (key,) in keys)))


def _csv(path: Path, compression: str, line: str, header: bool | None, names: Collection[str]) -> Source:
    if len(line) > _FIRST_LINE_LIMIT:
        raise InvalidInput(f"{path} is no table: its first line has {len(line):,} characters.")
    delimiter = max(",\t;|", key=line.count)
    cells = tuple(cell.strip() for cell in next(csv.reader([line], delimiter=delimiter)))
    if header is None:
        # A name is seldom a number, so a first line with one is data unless the others are known.
        header = sum(cell.lower() in names for cell in cells) > 1 or not any(_is_number(cell) for cell in cells)
    if header:
        return Source(path, "csv", compression, _distinct(cells), delimiter)
    return Source(path, "csv", compression, _distinct([""] * len(cells)), delimiter, first_row=cells)


def _distinct(cells: Sequence[str]) -> tuple[str, ...]:
    """Return a name for each column: c1, c2 ... by its place where it has none, with a number where it is taken."""
    names: dict[str, str] = {}
    for place, cell in enumerate(cells, start=1):
        free = wished = cell or f"c{place}"
        number = 1
        while free.lower() in names:
            number += 1
            free = f"{wished}_{number}"
        names[free.lower()] = free
    return tuple(names.values())


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
