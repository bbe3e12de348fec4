"""The history on disk: sorted Parquet segments, and a manifest that says which of them count."""

import fcntl
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from duckdb import DuckDBPyConnection, IOException
from numpy.typing import NDArray

from shopkeeper.adapters.files.columns import COLUMNS, EVENT_ID, HALVES, LATER, SHOPPER, key_of
from shopkeeper.adapters.files.manifest import Listed, Part, Segment, read_manifest, sync, write_manifest
from shopkeeper.adapters.files.reading import connect, quiet, to_event, to_log
from shopkeeper.adapters.files.remembered import Remembered
from shopkeeper.adapters.files.source import quote
from shopkeeper.adapters.files.trails import together, write_trails
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import GUEST_PREFIX, Event, EventType
from shopkeeper.data.trail import Trail
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import Unavailable

T = TypeVar("T")
_ROWS_OF_GROUP, _GROUPS_OF_PART = 16_384, 8
"""Who reads one person decodes one group, and looks at all of a file: few and small ones are read soonest."""

Stamp = tuple[int, int]

_ORDER = "file_index, file_row_number"
_OF_TRAIL = 'item_id, type, "at", quantity, rating, price_minor, query'


class SegmentStore:
    """Imported events in a folder; the reading half of an `EventStore`, safe to use while another process imports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = Lock()
        self._stamp: Stamp | None = None
        self._segments: tuple[Segment, ...] = ()
        self._remembered, self._trails = Remembered[Event](), Remembered[tuple[object, ...]]()
        # What one person did is read sooner by one thread than shared out.
        self._connection, self._of_one = connect(), connect().execute("SET threads = 1")
        for connection in (self._connection, self._of_one):
            connection.execute("SET parquet_metadata_cache = true")

    def _cursor(self) -> DuckDBPyConnection:
        return quiet(self._connection.cursor())

    @property
    def _manifest(self) -> Path:
        return self.folder / "manifest.json"

    def segments(self) -> tuple[Segment, ...]:
        """Return what the manifest lists now, reading it again only if it changed."""
        return self._now()[1]

    def files(self) -> list[Path]:
        """Return the Parquet files that hold all that counts now, the oldest import first."""
        return [self.folder / part.file for segment in self.segments() for part in segment.listed.parts]

    def _now(self) -> tuple[Stamp | None, tuple[Segment, ...]]:
        """Return also what tells one manifest from the next."""
        with self._lock:
            try:
                stat = self._manifest.stat()
            except FileNotFoundError:
                self._stamp, self._segments = None, ()
            else:
                if (stamp := (stat.st_mtime_ns, stat.st_ino)) != self._stamp:
                    self._segments = read_manifest(self._manifest, self._people)
                    self._stamp = stamp
                    # What was read before may tell of somebody who was erased since.
                    self._remembered, self._trails = Remembered(), Remembered()
            return self._stamp, self._segments

    def _people(self, listed: Listed) -> NDArray[np.uint64]:
        try:
            return np.asarray(np.load(self.folder / f"{listed.name}.people.npy", mmap_mode="r"))
        except FileNotFoundError:  # a segment from before these were written
            return _people_of(self._cursor(), self._quoted(listed.parts))

    def _quoted(self, parts: Iterable[Part]) -> str:
        return ", ".join(quote(str(self.folder / part.file)) for part in parts)

    def _rows(self, segments: Sequence[Segment], shopper_id: str | None = None) -> str | None:
        """Return a FROM clause of the events of some segments, of one person or all; None where there are none."""
        chosen = [
            (part, segment.listed.is_whole)
            for segment in segments
            for part in segment.listed.parts
            if shopper_id is None or part.may_hold(shopper_id)
        ]
        files, kinds = self._quoted(part for part, _ in chosen), {is_whole for _, is_whole in chosen}
        columns = '* REPLACE (epoch_us("at") AS "at"), file_index, file_row_number'
        if kinds == {False}:
            columns += f", CAST(NULL AS {COLUMNS[LATER]}) AS {LATER}"
        by_name = ", union_by_name = true" if len(kinds) > 1 else ""
        return f"(SELECT {columns} FROM read_parquet([{files}]{by_name}))" if files else None

    def history(
        self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)
    ) -> list[Event]:
        """Return the newest `limit` events of these types of one person, oldest first."""
        person, key = key_of(shopper_id)[0], (self._now()[0], shopper_id, limit, tuple(types))
        if (known := self._remembered.get(key)) is not None:
            return known

        def ask(segments: Sequence[Segment]) -> list[Event]:
            rows = self._rows([segment for segment in segments if segment.may_know(person)], shopper_id)
            return [] if rows is None else self._read_history(rows, shopper_id, limit, types)

        events = self._asked(ask)
        self._remembered.put(key, events)
        return events

    def trail(self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)) -> Trail:
        """Return the same as columns, of which fewer are read."""
        own, key = key_of(shopper_id), (self._now()[0], shopper_id, limit, tuple(types))

        def ask(segments: Sequence[Segment]) -> list[tuple[Any, ...]]:
            segments = tuple(segment for segment in segments if segment.may_know(own[0]))
            trails = [segment.trails for segment in segments if segment.trails]
            if len(trails) == len(segments):
                return together([one.of(own, types, limit) for one in trails], limit)
            rows = self._rows(segments, shopper_id)
            return [] if rows is None else self._read(rows, _OF_TRAIL, shopper_id, limit, types)

        if (known := self._trails.get(key)) is None:
            known = self._asked(ask)
            self._trails.put(key, known)
        return Trail.of_rows(known)

    def people(self) -> list[str]:
        """Return the ids of all users and visitors."""

        def ask(segments: Sequence[Segment]) -> list[str]:
            if (rows := self._rows(segments)) is None:
                return []
            ids = f"SELECT shopper_id FROM {rows} UNION SELECT visitor_id FROM {rows} ORDER BY ALL"
            return [str(who) for (who,) in self._cursor().execute(ids).fetchall()]

        return self._asked(ask)

    def _asked(self, ask: Callable[[Sequence[Segment]], T]) -> T:
        """Return an answer; where files were replaced while it was made, one from the new ones."""
        segments = self.segments()
        try:
            return ask(segments)
        except (IOException, FileNotFoundError):
            if self.segments() is segments:
                raise
            return ask(self.segments())

    def _read_history(self, rows: str, shopper_id: str, limit: int, types: Collection[EventType]) -> list[Event]:
        columns = ", ".join(EVENT_ID if column == "event_id" else f'"{column}"' for column in COLUMNS)
        return [to_event(row) for row in self._read(rows, columns, shopper_id, limit, types)]

    def _read(
        self, rows: str, columns: str, shopper_id: str, limit: int, types: Collection[EventType]
    ) -> list[tuple[Any, ...]]:
        order = '"at" DESC, file_index DESC, file_row_number DESC'
        newest = f"SELECT {columns} FROM {rows} WHERE shopper_id = ? AND type IN ? ORDER BY {order} LIMIT ?"
        asked = [shopper_id, [int(kind) for kind in types], limit]
        return self._of_one.cursor().execute(newest, asked).fetchall()[::-1]

    def known_ids(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are stored."""
        segments = self.segments()
        if not segments or not event_ids:
            return set()
        keys = np.array([key_of(event_id) for event_id in event_ids], np.uint64).T
        known = self._known(keys, segments)
        return {event_id for event_id, is_known in zip(event_ids, known, strict=True) if is_known}

    def _known(self, keys: NDArray[np.uint64], segments: Sequence[Segment]) -> NDArray[np.bool_]:
        known = np.zeros(keys.shape[1], np.bool_)
        for segment in segments:
            known |= segment.holds(keys)
        return known

    def log(self) -> EventLog:
        """Return everything as columns."""

        def ask(segments: Sequence[Segment]) -> EventLog:
            rows = self._rows(segments)
            return EventLog.of(()) if rows is None else to_log(self._cursor(), rows, _ORDER)

        return self._asked(ask)

    def shoppers(self, *, limit: int = 50) -> list[tuple[str, int]]:
        """Return the most active persons with their number of events, most first, ties by id, guests left out."""

        def ask(segments: Sequence[Segment]) -> list[tuple[str, int]]:
            if (rows := self._rows(segments)) is None:
                return []
            known = f"FROM {rows} WHERE NOT starts_with(shopper_id, ?) GROUP BY shopper_id"
            query = f"SELECT shopper_id, count(*) AS n {known} ORDER BY n DESC, shopper_id LIMIT ?"
            return [(str(id_), int(n)) for id_, n in self._cursor().execute(query, [GUEST_PREFIX, limit]).fetchall()]

        return self._asked(ask)

    def traffic(
        self, since: datetime | None = None, *, limit: int = 10_000, types: Collection[EventType] = tuple(EventType)
    ) -> list[tuple[str, int]]:
        """Return the products that most events of these types are about, since a time or ever, ties by id."""

        def ask(segments: Sequence[Segment]) -> list[tuple[str, int]]:
            if (rows := self._rows(segments)) is None:
                return []
            about = f'FROM {rows} WHERE item_id IS NOT NULL AND "at" >= ? AND type IN ? GROUP BY item_id'
            query = f"SELECT item_id, count(*) AS n {about} ORDER BY n DESC, item_id LIMIT ?"
            given = [-(2**63) if since is None else to_us(since), [int(kind) for kind in types], limit]
            return [(str(id_), int(n)) for id_, n in self._cursor().execute(query, given).fetchall()]

        return self._asked(ask)

    def count(self) -> int:
        """Return the number of events."""
        return sum(segment.listed.rows for segment in self.segments())

    @contextmanager
    def importing(self) -> Iterator[DuckDBPyConnection]:
        """Hold the folder alone and lend a connection that spills into it; what an import did not finish is removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Unavailable(f"Another import into {self.folder} is running: wait until it has ended.") from error
            self._remove_leftovers()
            rmtree(self.folder / "spill", ignore_errors=True)
            connection = connect(self.folder / "spill")
            try:
                yield connection
            finally:
                connection.close()
                self._remove_leftovers()
                rmtree(self.folder / "spill", ignore_errors=True)

    def _remove_leftovers(self) -> None:
        ours = {segment.listed.name for segment in self.segments()}
        for path in (*self.folder.glob("*.parquet"), *self.folder.glob("*.npy"), *self.folder.glob("*.new")):
            if path.name.partition(".")[0].partition("-")[0] not in ours:
                path.unlink()

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Hold back what imports would add, in all processes, for as long as it takes to add to another store."""
        with self._turn(fcntl.LOCK_SH):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nobody holds imports back, and let nobody begin to."""
        with self._turn(fcntl.LOCK_EX):
            yield

    @contextmanager
    def _turn(self, kind: int) -> Iterator[None]:
        try:
            turns = (self.folder / "turns").open("a")
        except FileNotFoundError:
            self.folder.mkdir(parents=True, exist_ok=True)
            turns = (self.folder / "turns").open("a")
        # Opened anew each time, since all who share an open file share its lock. A process that is killed lets go.
        with turns:
            fcntl.flock(turns, kind)
            yield

    def is_known(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell which of the keys, (2, n), are stored."""
        return self._known(keys, self.segments())

    def rewrite(self, gone: str, changed: Mapping[str, str], lend: Callable[[DuckDBPyConnection], None]) -> int:
        """Write anew, without the rows for which `gone` holds, each segment that has some, or rows to change.

        `changed` is column -> SQL of what it becomes; where that is as before, a row stays as it is. `lend` makes
        what the SQL asks. Return how many rows went: of each segment all, or none when killed. Unavailable while
        somebody imports.
        """
        n_gone = 0
        with self.importing() as connection:
            lend(connection)
            for name in [segment.listed.name for segment in self.segments()]:
                (segment,) = (one for one in self.segments() if one.listed.name == name)
                n_gone += self._rewrite(connection, segment, gone, changed)
        return n_gone

    def _rewrite(self, connection: DuckDBPyConnection, segment: Segment, gone: str, changed: Mapping[str, str]) -> int:
        rows, is_changed = (
            self._rows([segment]),
            " OR ".join(f"({sql}) IS DISTINCT FROM {c}" for c, sql in changed.items()),
        )
        counts = (
            f"SELECT count(*) FILTER ({gone}), count(*) FILTER (NOT ({gone}) AND ({is_changed or 'false'})) FROM {rows}"
        )
        n_gone, n_changed = connection.execute(counts).fetchall()[0]
        if not n_gone + n_changed:
            return 0
        # An id that its content gave it stays, also where the content changes.
        kept_id = f"CASE WHEN {is_changed or 'false'} THEN {EVENT_ID} ELSE event_id END"
        told = {"event_id": kept_id, **changed}
        columns = ", ".join(f'{told[c]} AS "{c}"' if c in told else f'"{c}"' for c in COLUMNS)
        place = "(CAST(file_index AS BIGINT) << 40) + file_row_number AS place"
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW chosen AS SELECT {columns}, {place} FROM {rows} WHERE NOT ({gone})"
        )
        keys, left = keys_of(connection, "chosen"), segment.listed.rows - n_gone
        parts = self.write(connection, keys) if left else []
        with self.alone():
            self.commit(left, parts, instead_of=segment.listed.name)
        self._remove_leftovers()
        return int(n_gone)

    def write(self, connection: DuckDBPyConnection, keys: NDArray[np.uint64]) -> list[Part]:
        """Write the view `chosen` of an importing connection, whose sorted keys these are; `commit` lets it count."""
        self._remove_leftovers()
        name = self._next_name()
        columns = ", ".join('make_timestamp("at") AS "at"' if column == "at" else f'"{column}"' for column in COLUMNS)
        layout = f"ROW_GROUP_SIZE {_ROWS_OF_GROUP}, ROW_GROUPS_PER_FILE {_GROUPS_OF_PART}, PER_THREAD_OUTPUT false"
        connection.execute(
            f'COPY (SELECT {SHOPPER} AS shopper_id, {columns} FROM chosen ORDER BY {SHOPPER}, chosen."at", place) '
            f"TO {quote(str(self.folder))} (FORMAT parquet, COMPRESSION zstd, {layout}, "
            f"FILENAME_PATTERN '{name}-{{i}}', OVERWRITE_OR_IGNORE)"
        )
        parts, npy = self._parts(connection, name), self.folder / f"{name}.npy"
        np.save(npy, keys)
        files = [self.folder / part.file for part in parts]
        beside = write_trails(connection, self.folder, name, files, keys.shape[1])
        for path in (*files, npy, *beside):
            sync(path)
        return parts

    def _parts(self, connection: DuckDBPyConnection, name: str) -> list[Part]:
        """Return the files of a segment as they follow one another, with whom each begins and ends."""
        files = quote(str(self.folder / f"{name}-*.parquet"))
        ends = "parse_filename(filename), min(shopper_id), max(shopper_id)"
        found = connection.execute(f"SELECT {ends} FROM read_parquet({files}, filename = true) GROUP BY filename")
        # Of one person with several parts, the later has the higher number.
        return sorted((Part(*row) for row in found.fetchall()), key=lambda p: (p.first, p.last, len(p.file), p.file))

    def commit(self, rows: int, parts: Sequence[Part], *, instead_of: str | None = None) -> None:
        """Add what was written last, so many rows, or put it in the place of a segment: all of it or nothing."""
        new = [Listed(self._next_name(), rows, tuple(parts), is_whole=True)] if rows else []
        listed = [one.listed for one in self.segments()]
        place = next((n for n, one in enumerate(listed) if one.name == instead_of), len(listed))
        write_manifest(self._manifest, [*listed[:place], *new, *listed[place + 1 :]])

    def _next_name(self) -> str:
        return f"{max((int(one.listed.name) for one in self.segments()), default=0) + 1:06d}"


def keys_of(connection: DuckDBPyConnection, rows: str) -> NDArray[np.uint64]:
    """Return the keys of the ids of events, (2, n) halves in order."""
    found = connection.execute(
        f"SELECT {HALVES} FROM (SELECT md5_number({EVENT_ID}) AS key FROM {rows}) ORDER BY key"
    ).fetchnumpy()
    return np.stack((found["high"], found["low"]))


def _people_of(connection: DuckDBPyConnection, files: str) -> NDArray[np.uint64]:
    """Return the high halves of the keys of all persons in files, sorted, each once."""
    # What DuckDB calls lower are the first eight bytes, which `md5_number` has on top.
    keys = f"SELECT DISTINCT md5_number_lower(shopper_id) AS key FROM read_parquet([{files}]) ORDER BY key"
    return np.asarray(connection.execute(keys).fetchnumpy()["key"], np.uint64)
