"""Persons in imported files: in the history that was made of them, and in what is left of the files themselves."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
from duckdb import DuckDBPyConnection, connect
from duckdb import Error as DuckDBError

from shopkeeper.adapters.files.columns import EVENT_ID
from shopkeeper.adapters.files.segments import SegmentStore
from shopkeeper.adapters.files.source import Source, open_source, quote
from shopkeeper.data.erasure import Gone, State
from shopkeeper.data.events import Event, EventType
from shopkeeper.estimator import Progress, ignore
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.ports.people import Told

_EVER_US = 2**62
_ALL = 2**31 - 1
_WORD = re.compile(r"[^\x00-\x20,;|\"'{}\[\]<>]+")


class HistoryPlace:
    """The imported events of persons."""

    name = "imported events"
    state: State = "erased"
    about = "Parquet files that have some are written anew without them."

    def __init__(self, store: SegmentStore) -> None:
        self._store = store

    def tell(self, gone: Gone) -> Sequence[Told]:
        """Return their events."""
        return [_told(event) for event in self._events(gone)]

    def count(self, gone: Gone) -> int:
        """Return how many there are."""
        return len(self._events(gone))

    def erase(self, gone: Gone, on_progress: Progress = ignore) -> int:
        """Remove their events; a device of theirs that somebody else used too is taken out of the other's."""
        device = "CASE WHEN visitor_id IN (SELECT id FROM gone) THEN coalesce(user_id, visitor_id) ELSE visitor_id END"
        return self._store.rewrite(_theirs(gone), {"visitor_id": device}, partial(_lend, gone))

    def take_out(self, gone: Gone, event_id: str) -> int:
        """Remove an event of a person; return how many there were."""
        own = f"({_theirs(gone)}) AND {EVENT_ID} = {quote(event_id)}"
        return self._store.rewrite(own, {}, partial(_lend, gone)) if self._store.known_ids([event_id]) else 0

    def known(self) -> Iterable[str]:
        """Return everybody's ids."""
        return self._store.people()

    def expire(self, before: Mapping[EventType, datetime]) -> int:
        """Remove events of some types that are older than a time."""
        old = [f'(type = {int(kind)} AND "at" < {to_us(at)})' for kind, at in before.items()]
        return self._store.rewrite(" OR ".join(old), {}, lambda _: None) if old else 0

    def _events(self, gone: Gone) -> list[Event]:
        found = [event for who in sorted(gone.ids) for event in self._store.history(who, limit=_ALL)]
        for span in gone.spans:
            found += [one for one in self._store.history(span.visitor_id, limit=_ALL) if span.holds(one.at)]
        return found


def _theirs(gone: Gone) -> str:
    """Return SQL that holds for the events of persons, of what `_lend` makes."""
    theirs = "shopper_id IN (SELECT id FROM gone)"
    if gone.spans:
        within = 'g.visitor_id = shopper_id AND "at" > g.after_us AND "at" <= g.until_us'
        theirs += f" OR EXISTS (SELECT 1 FROM gone_spans AS g WHERE {within})"
    return theirs


def _lend(gone: Gone, connection: DuckDBPyConnection) -> None:
    spans = {
        "visitor_id": np.array([span.visitor_id for span in gone.spans], object),
        "after_us": np.array([to_us(one.after) if one.after else -_EVER_US for one in gone.spans], np.int64),
        "until_us": np.array([to_us(one.until) if one.until else _EVER_US for one in gone.spans], np.int64),
    }
    connection.register("given", {"id": np.array(sorted(gone.ids), object)})
    connection.execute("CREATE OR REPLACE TEMP TABLE gone AS SELECT CAST(id AS VARCHAR) AS id FROM given")
    connection.register("gone_spans", spans)


def _told(event: Event) -> Told:
    told = {name: value for name, value in asdict(event).items() if value is not None and name != "price"}
    price = {} if event.price is None else {"price_minor": event.price.minor, "currency": event.price.currency}
    return told | price | {"type": event.type.label, "at": event.at.isoformat()}


@dataclass(slots=True)
class FilesPlace:
    """Files that were imported, or could not be, and the rows that were refused: whole files go that name persons.

    What was imported of them is in the history; what was not is in the file that the merchant has.
    """

    folders: Sequence[Path]
    name: str = "import files"
    state: State = "erased"
    about: str = "Imported and refused files, rejected rows and evaluations that name the person are removed whole."

    def tell(self, gone: Gone) -> Sequence[Told]:
        """Return which files name them."""
        return [{"file": str(path)} for path in self._naming(gone)]

    def count(self, gone: Gone) -> int:
        """Return how many do."""
        return len(self._naming(gone))

    def erase(self, gone: Gone, on_progress: Progress = ignore) -> int:
        """Remove them."""
        found = self._naming(gone)
        for path in found:
            path.unlink(missing_ok=True)
        return len(found)

    def known(self) -> Iterable[str]:
        """Return nobody: whom these name, the history names, or nothing was imported."""
        return ()

    def expire_files(self, before: datetime) -> int:
        """Remove files that were written before a time; return how many."""
        old = [path for path in self._files() if path.stat().st_mtime < before.timestamp()]
        for path in old:
            path.unlink()
        return len(old)

    def _files(self) -> list[Path]:
        return [path for folder in self.folders for path in sorted(folder.rglob("*")) if path.is_file()]

    def _naming(self, gone: Gone) -> list[Path]:
        odd = [who for who in gone.ids if not _WORD.fullmatch(who)]
        return [path for path in self._files() if any(_names(text, gone, odd) for text in _texts(path))]


def _names(text: str, gone: Gone, odd: Sequence[str]) -> bool:
    return not gone.ids.isdisjoint(_WORD.findall(text)) or any(who in text for who in odd)


def _texts(path: Path) -> Iterator[str]:
    """Give all that a file says, line by line or cell by cell; of one that cannot be read, its bytes."""
    try:
        with connect() as connection:
            source = open_source(path, connection, header=True)
            if source.kind == "parquet":
                yield from _cells(source, connection)
                return
            yield from _lines(source, connection)
    except (DuckDBError, InvalidInput):
        yield path.read_bytes().decode("utf-8", "replace")


def _cells(source: Source, connection: DuckDBPyConnection) -> Iterator[str]:
    rows = connection.execute(f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet({quote(str(source.path))})")
    while some := rows.fetchmany(10_000):
        yield "\n".join(cell for row in some for cell in row if cell is not None)


def _lines(source: Source, connection: DuckDBPyConnection) -> Iterator[str]:
    rows = connection.execute(f"SELECT line FROM {source.lines('utf-8')} WHERE line IS NOT NULL")
    while some := rows.fetchmany(10_000):
        yield "\n".join(line for (line,) in some)
