"""Look for somebody in every byte of a folder."""

import gzip
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import duckdb

_ENCODINGS = ("utf-8", "utf-16-le", "utf-32-le")
_BEGINNING = 5
"""Letters that are looked for first: of thousands of names, few beginnings are."""
_Sought = Mapping[bytes, Mapping[bytes, str]]


def traces(folder: Path, texts: Collection[str], *, leave_out: Collection[str] = ()) -> dict[str, set[str]]:
    """Return the files that hold some texts, as they lie there or unpacked, each with which of them it holds."""
    sought: dict[bytes, dict[bytes, str]] = {}
    for text in texts:
        for encoding in _ENCODINGS:
            sought.setdefault(text[:_BEGINNING].encode(encoding), {})[text.encode(encoding)] = text
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not path.is_file() or name in leave_out:
            continue
        for held in _contents(path):
            if seen := _seen(held, sought):
                found.setdefault(name, set()).update(seen)
    return found


def _seen(held: bytes, sought: _Sought) -> set[str]:
    seen = set[str]()
    for beginning, forms in sought.items():
        lengths = {len(form) for form in forms}
        for place in re.finditer(re.escape(beginning), held):
            parts = (held[place.start() : place.start() + length] for length in lengths)
            seen.update(forms[part] for part in parts if part in forms)
    return seen


def _contents(path: Path) -> Iterator[bytes]:
    yield path.name.encode()
    yield (whole := path.read_bytes())
    if path.suffix == ".gz":
        yield gzip.decompress(whole)
    elif is_zipfile(path):
        with ZipFile(path) as packed:
            yield from (packed.read(member) for member in packed.namelist())
    elif path.suffix == ".parquet":
        with duckdb.connect() as connection:
            rows = connection.read_parquet(str(path))
            for column in rows.columns:
                told = rows.select(duckdb.ColumnExpression(column).cast("VARCHAR")).fetchall()
                yield "\n".join(text for (text,) in told if text is not None).encode()
