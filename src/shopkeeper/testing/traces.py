"""Look for somebody in every byte of a folder."""

import gzip
from collections.abc import Collection, Iterator
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import duckdb

_ENCODINGS = ("utf-8", "utf-16-le", "utf-32-le")


def traces(folder: Path, texts: Collection[str], *, leave_out: Collection[str] = ()) -> dict[str, set[str]]:
    """Return the files that hold some texts, as they lie there or unpacked, each with which of them it holds."""
    needles = {text: {text.encode(one) for one in _ENCODINGS} for text in texts}
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not path.is_file() or name in leave_out:
            continue
        for held in _contents(path):
            if seen := {text for text, forms in needles.items() if any(form in held for form in forms)}:
                found.setdefault(name, set()).update(seen)
    return found


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
