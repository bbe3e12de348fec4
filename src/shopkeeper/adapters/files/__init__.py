"""Files of behaviour and of products, and the history on disk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from duckdb import IOException, OutOfMemoryException
from numpy.typing import NDArray

from shopkeeper.adapters.files.columns import SHOPPER, key_of
from shopkeeper.adapters.files.manifest import are_among
from shopkeeper.adapters.files.reading import connect, reason_of, stoppable, to_log
from shopkeeper.adapters.files.rejects import write_rejects
from shopkeeper.adapters.files.segments import SegmentStore
from shopkeeper.adapters.files.source import find_files
from shopkeeper.adapters.files.staging import Staging
from shopkeeper.data.eventlog import EventLog
from shopkeeper.estimator import Progress, ignore
from shopkeeper.kit.clock import utc_now
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.ports import LiveEventStore

__all__ = ["ImportSummary", "SegmentStore", "import_events", "read_events"]


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
    live: LiveEventStore | None = None,
    rejects_path: Path,
    leave_out: Path | None = None,
    on_progress: Progress = ignore,
) -> ImportSummary:
    """Add the events of a file, a folder or a pattern to the store: all of them, or none and an error.

    `header` says whether the first line of a CSV names the columns, where that is not to be found out.
    What `live` holds, or comes to hold meanwhile, is not imported. Rows that cannot be events go to `rejects_path`,
    also when they are more than `max_rejects` of all and nothing is imported. A folder is read without `leave_out`.
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
            n_new = _keep_new(staging, store, live, keys, places)
            on_progress(1.0)
    except (IOException, OutOfMemoryException, OSError) as error:
        raise InvalidInput(f"{source} was not imported, the store is as it was: {reason_of(error)}.") from error
    names = tuple(dict.fromkeys(one.rows.preset.name for one in staging.files))
    return ImportSummary(n_new, good - n_new, bad, rejects_path if bad else None, names)


def _keep_new(
    staging: Staging,
    store: SegmentStore,
    live: LiveEventStore | None,
    keys: NDArray[np.uint64],
    places: NDArray[np.int64],
) -> int:
    """Add to the store what neither it nor the live one holds, return how many.

    Meanwhile events go on to come in. Whether any of those is among the new ones is looked at last, while none comes.
    """
    is_new = ~store.is_known(keys)
    n_live = 0
    if live is not None:
        with store.alone():  # Or some that came before would be counted later.
            n_live = live.count()
        if n_live:
            is_new &= ~np.isin(places, staging.places_of(live.known_ids))
    while is_new.any():
        keys, places = keys[:, is_new], places[is_new]
        staging.choose(places)
        parts = store.write(staging.connection, keys)
        with store.alone():
            late = sorted(map(key_of, live.newest_ids(live.count() - n_live))) if live else []
            n_live += len(late)
            is_new = ~are_among(keys, np.array(late, np.uint64).reshape(-1, 2).T)
            if is_new.all():
                store.commit(len(places), parts)
                return len(places)
    return 0


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
