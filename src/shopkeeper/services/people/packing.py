"""What is known of a person, as files that people and programs can read."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zipfile import ZIP_DEFLATED, ZipFile

from shopkeeper.ports.people import Seal, Told
from shopkeeper.services.people.rights import ExportFile

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With which a cell begins that a spreadsheet would run."""


@dataclass(frozen=True, slots=True)
class Packing:
    """How exports leave."""

    seal: Seal
    recipient: str | None = None
    """For whom they are sealed where nobody is named: with it none leaves in the clear."""

    def file(self, told: Mapping[str, Sequence[Told]], recipient: str | None = None) -> ExportFile:
        """Return what is known as a zip, sealed where somebody is named here or for the shop; InvalidInput."""
        zipped, whom = packed(told), self.recipient if recipient is None else recipient
        return ExportFile(zipped if whom is None else self.seal(zipped, whom), is_sealed=whom is not None)


def packed(told: Mapping[str, Sequence[Told]]) -> bytes:
    """Return a zip with `all.json`, and a CSV for each place."""
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as file:
        file.writestr("all.json", json.dumps(told, indent=1, ensure_ascii=False, default=str))
        for place, rows in told.items():
            file.writestr(f"{place.replace(' ', '_')}.csv", _table(rows))
    return made.getvalue()


def _table(rows: Sequence[Told]) -> str:
    columns = dict.fromkeys(name for row in rows for name in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, dict | list | tuple):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
