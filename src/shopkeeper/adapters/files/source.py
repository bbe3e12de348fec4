"""Find out what a file is, and make DuckDB read it as columns of text."""

import csv
import json
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
_LINE_LIMIT = 16_000_000
"""Longest line in bytes; one order of a thousand products is far shorter."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file that holds what its name says."""

    path: Path
    kind: Kind
    compression: str
    columns: tuple[str, ...]
    """Names from the header, or c1, c2 ... without one; of JSON the keys of the first records."""
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
                rows = self._text(self.columns, self.delimiter, '"', rejects)
            case "json":
                keys = ", ".join(f"{_key(column)} AS {name(column)}" for column in self.columns)
                lines = self._text(("line",), "\x1f", "", rejects)
                records = f"SELECT line, row_number() OVER () AS _number, TRY_CAST(line AS JSON) AS record FROM {lines}"
                return (
                    f"(SELECT line AS _raw, _number, record IS NULL AS _broken, record, {keys} FROM ({records}) "
                    "WHERE trim(line) <> '')"
                )
        raw = ", ".join(f"coalesce({column}, '')" for column in names)
        return (
            f"(SELECT concat_ws({quote(self.delimiter)}, {raw}) AS _raw, CAST(NULL AS BIGINT) AS _number, "
            f"false AS _broken, * FROM {rows})"
        )

    def _text(self, columns: tuple[str, ...], delimiter: str, quoting: str, rejects: str) -> str:
        types = ", ".join(f"{quote(column)}: 'VARCHAR'" for column in columns)
        return (
            f"read_csv({quote(str(self.path))}, columns = {{{types}}}, header = {self.header}, auto_detect = false, "
            f"delim = {quote(delimiter)}, quote = {quote(quoting)}, escape = {quote(quoting)}, "
            f"compression = '{self.compression}', max_line_size = {_LINE_LIMIT}, "
            f"store_rejects = true, rejects_table = '{rejects}', rejects_scan = '{rejects}_scan')"
        )


def _key(column: str) -> str:
    path = '$."' + column.replace('"', '\\"') + '"'
    return f"json_extract_string(record, {quote(path)})"


def quote(text: str) -> str:
    """Return an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def name(column: str) -> str:
    """Return an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def find_files(path: Path) -> list[Path]:
    """Return the files that a path, folder or glob stands for, in name order."""
    if path.is_dir():
        found = [file for file in path.rglob("*") if file.is_file() and _kind(file) is not None]
    else:
        found = [path] if path.is_file() else sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor))))
    if not found:
        raise InvalidInput(
            f"There is nothing to read at {path}: give a file, a folder or a pattern such as 'log/*.csv'."
        )
    return sorted(found)


def open_source(path: Path, connection: DuckDBPyConnection) -> Source:
    """Look at the start of a file; InvalidInput says in one sentence why it cannot be read."""
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
        return _csv(path, compression, connection)
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


def _first_lines(path: Path, compression: str, connection: DuckDBPyConnection) -> list[str]:
    """Return the first few readable lines, whatever the compression."""
    rows = connection.execute(
        f"SELECT line FROM read_csv({quote(str(path))}, columns = {{'line': 'VARCHAR'}}, header = false, "
        f"delim = chr(31), quote = '', escape = '', auto_detect = false, compression = '{compression}', "
        f"max_line_size = {_LINE_LIMIT}, ignore_errors = true) WHERE line IS NOT NULL LIMIT 200"
    ).fetchall()
    if not rows:
        raise InvalidInput(f"{path} holds no line of UTF-8 text.")
    return [str(row[0]).removeprefix("\ufeff").rstrip("\r") for row in rows]


def _json(path: Path, compression: str, connection: DuckDBPyConnection) -> Source:
    lines = _first_lines(path, compression, connection)
    if not lines[0].lstrip().startswith("{"):
        raise InvalidInput(f"{path} is not JSON Lines: each line must be one object, but it begins {lines[0][:40]!r}.")
    records = [record for line in lines if isinstance(record := _parsed(line), dict)]
    return Source(path, "json", compression, tuple(dict.fromkeys(key for record in records for key in record)))


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _csv(path: Path, compression: str, connection: DuckDBPyConnection) -> Source:
    line = _first_lines(path, compression, connection)[0]
    delimiter = max(",\t;|", key=line.count)
    cells = tuple(cell.strip() for cell in next(csv.reader([line], delimiter=delimiter)))
    # A name is never a number, so a first line with one is data.
    if all(cells) and len(set(cells)) == len(cells) and not any(_is_number(cell) for cell in cells):
        return Source(path, "csv", compression, cells, delimiter)
    columns = tuple(f"c{place}" for place in range(1, len(cells) + 1))
    return Source(path, "csv", compression, columns, delimiter, first_row=cells)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
