"""Files of behaviour and of products, and the history on disk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from duckdb import IOException, OutOfMemoryException

from shopkeeper.adapters.files.columns import SHOPPER
from shopkeeper.adapters.files.reading import connect, reason_of, stoppable, to_log
from shopkeeper.adapters.files.rejects import write_rejects
from shopkeeper.adapters.files.segments import SegmentStore
from shopkeeper.adapters.files.source import find_files
from shopkeeper.adapters.files.staging import Staging
from shopkeeper.data.eventlog import EventLog
from shopkeeper.estimator import Progress, ignore
from shopkeeper.kit.clock import utc_now
from shopkeeper.kit.errors import InvalidInput

__all__ = ["ImportSummary", "SegmentStore", "import_events", "read_events"]

KnownIds = Callable[[Sequence[str]], set[str]]


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What became of the rows of an import."""

    accepted: int
    duplicate: int
    rejected: int
    rejects_path: Path | None
    """Where the rejected rows are, None if there are none."""
    presets: tuple[str, ...]
    """The form that each file was read as, each once."""


@stoppable()
def import_events(
    source: Path,
    store: SegmentStore,
    *,
    preset: str | None = None,
    mapping: Mapping[str, str] | None = None,
    header: bool | None = None,
    max_rejects: float = 0.01,
    now: datetime,
    already_known: KnownIds | None = None,
    rejects_path: Path,
    leave_out: Path | None = None,
    on_progress: Progress = ignore,
) -> ImportSummary:
    """Add the events of a file, a folder or a pattern to the store: all of them, or none and an error.

    `header` says whether the first line of a CSV names the columns, where that is not to be found out.
    `already_known` tells which ids another store holds. Rows that cannot be events go to `rejects_path`, also
    when they are more than `max_rejects` of all and nothing is imported. A folder is read without `leave_out`.
    """
    files = find_files(source, leave_out)
    try:
        with store.importing() as connection:
            staging = Staging(connection)
            staging.load(
                files,
                preset=preset,
                mapping=mapping or {},
                header=header,
                now=now,
                on_progress=lambda share: on_progress(share * 0.4),
            )
            if rejects := staging.rejects():
                write_rejects(rejects, rejects_path)
            good, bad = staging.check(max_rejects)
            keys, places = staging.keys()
            on_progress(0.6)
            new = ~store.is_known(keys)
            keys, places = keys[:, new], places[new]
            if already_known is not None:
                new = ~np.isin(places, staging.places_of(already_known))
                keys, places = keys[:, new], places[new]
            if len(places):
                staging.choose(places)
                store.commit(connection, keys)
            on_progress(1.0)
    except (IOException, OutOfMemoryException, OSError) as error:
        raise InvalidInput(f"{source} was not imported, the store is as it was: {reason_of(error)}.") from error
    names = tuple(dict.fromkeys(one.rows.preset.name for one in staging.files))
    return ImportSummary(len(places), good - len(places), bad, rejects_path if bad else None, names)


def read_events(
    path: Path | str,
    *,
    preset: str | None = None,
    mapping: Mapping[str, str] | None = None,
    header: bool | None = None,
    max_rejects: float = 0.01,
) -> EventLog:
    """Return the events of a file, a folder or a pattern as columns, without a store; bad rows are left out."""
    staging = Staging(connect())
    staging.load(find_files(Path(path)), preset=preset, mapping=mapping or {}, header=header, now=utc_now())
    staging.check(max_rejects)
    _, places = staging.keys()
    staging.choose(places)
    return to_log(staging.connection, f"(SELECT *, {SHOPPER} AS shopper_id FROM chosen)", "place")
