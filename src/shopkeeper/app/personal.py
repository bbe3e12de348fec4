"""The stores of a shop that know who was erased, and those that have something about persons."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from shopkeeper.adapters.memory_erasures import MemoryErasures, MemoryTombstones
from shopkeeper.adapters.secret_file import secret_in
from shopkeeper.adapters.sql import SqlCouponPlace, SqlErasures, SqlEventPlace, SqlMergePlace, leave_no_trace
from shopkeeper.adapters.tombstone_file import FileTombstones
from shopkeeper.ports.people import ErasureStore, PersonalPlace, Tombstones

APART = "apart"
"""The folder in a shop's that backups leave alone: who was erased since must be known when one is brought back."""


@dataclass(frozen=True, slots=True)
class Personal:
    """What erasing needs."""

    places: Sequence[PersonalPlace] = ()
    """Stores that have something about persons, asked and emptied for one of them."""
    tombstones: Tombstones = field(default_factory=MemoryTombstones)
    erasures: ErasureStore = field(default_factory=MemoryErasures)
    leave_no_trace: Callable[[], None] = lambda: None
    """Of what was removed from the database."""


def personal_in(store: Path, engine: sa.Engine) -> Personal:
    """Return that of the shop in a folder."""
    apart = store / APART
    tombstones = FileTombstones(apart / "tombstones", lambda: secret_in(apart / "tombstones.secret"))
    places: list[PersonalPlace] = [SqlEventPlace(engine), SqlMergePlace(engine), SqlCouponPlace(engine)]
    return Personal(places, tombstones, SqlErasures(engine), partial(leave_no_trace, engine))
