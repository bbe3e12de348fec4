"""Which files of an imported history count, and who is in them."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.adapters.files.trails import Trails, read_trails
from shopkeeper.kit.errors import IncompatibleVersion

VERSION = 2
"""Of the layout of the folder; raise it with any change that an older reader would misread."""

_READABLE = (1, VERSION)


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file with the events of the persons from the first to the last, by their ids; both may go on beyond."""

    file: str
    first: str = ""
    last: str | None = None
    """None: to the end."""

    def may_hold(self, shopper_id: str) -> bool:
        """Tell whether events of this person may be here."""
        return self.first <= shopper_id and (self.last is None or shopper_id <= self.last)


@dataclass(frozen=True, slots=True)
class Listed:
    """The events of one import, as the manifest lists them."""

    name: str
    rows: int
    parts: tuple[Part, ...]
    """In the order of persons."""
    is_whole: bool
    """It has the column that came later."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The events of one import, and the sorted keys of their ids and of who did them."""

    listed: Listed
    keys: NDArray[np.uint64]
    """(2, rows), high and low halves, read from `<name>.npy` as they are needed."""
    people: NDArray[np.uint64]
    """(p,), of each person once, the high halves alone, from `<name>.people.npy`: those who are not there were not."""
    trails: Trails | None
    """None in one from before they were written."""

    def holds(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell which of the keys, (2, n), are here."""
        return are_among(keys, self.keys)

    def may_know(self, person: int) -> bool:
        """Tell whether somebody with this key did something here; of 10^9 strangers one is taken for known."""
        place = np.searchsorted(self.people, np.uint64(person))
        return bool(place < len(self.people) and self.people[place] == person)


def read_manifest(path: Path, people: Callable[[Listed], NDArray[np.uint64]]) -> tuple[Segment, ...]:
    """Return the segments that count, read as they are needed; who is in one from before that was written, is told."""
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if manifest.get("version") not in _READABLE:
        raise IncompatibleVersion(
            f"{path.parent} was written in layout {manifest.get('version')}, and this Shopkeeper reads {VERSION}: "
            "use the Shopkeeper that wrote it, or import the files again into a new folder."
        )
    listed = [_listed(one) for one in manifest["segments"]]
    return tuple(_opened(path.parent, one, people) for one in listed)


def _opened(folder: Path, listed: Listed, people: Callable[[Listed], NDArray[np.uint64]]) -> Segment:
    keys, trails = np.load(folder / f"{listed.name}.npy", mmap_mode="r"), read_trails(folder, listed.name)
    return Segment(listed, keys, trails.people if trails else people(listed), trails)


def _listed(said: Mapping[str, Any]) -> Listed:
    # A segment from before there were parts is one.
    parts = said.get("parts", ({"file": f"{said['name']}.parquet"},))
    return Listed(said["name"], said["rows"], tuple(Part(**part) for part in parts), said.get("is_whole", False))


def write_manifest(path: Path, listed: Sequence[Listed]) -> None:
    """Replace what counts: all of it, or nothing when killed."""
    new = path.with_suffix(".new")
    said = {"version": VERSION, "segments": [asdict(one) for one in listed]}
    new.write_text(json.dumps(said, indent=1), encoding="utf-8")
    sync(new)
    new.replace(path)
    sync(path.parent)


def are_among(keys: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell which of the keys, (2, n), are among known ones, (2, m), that are in order."""
    place = np.searchsorted(known[0], keys[0])
    found = np.zeros(keys.shape[1], np.bool_)
    # Two ids with the same high half are next to impossible, yet cost one more turn, not an event.
    open_ = np.arange(keys.shape[1])
    while len(open_ := open_[place[open_] < known.shape[1]]):
        open_ = open_[known[0, place[open_]] == keys[0, open_]]
        found[open_] |= known[1, place[open_]] == keys[1, open_]
        place[open_] += 1
    return found


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
