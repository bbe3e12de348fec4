"""The stores of a shop that know who was erased, and those that have something about persons."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from shopkeeper.adapters.files import SegmentStore
from shopkeeper.adapters.files.erasing import FilesPlace, HistoryPlace
from shopkeeper.adapters.memory_erasures import MemoryErasures, MemoryTombstones
from shopkeeper.adapters.secret_file import secret_in
from shopkeeper.adapters.sql import SqlCouponPlace, SqlErasures, SqlEventPlace, SqlMergePlace, leave_no_trace
from shopkeeper.adapters.tombstone_file import FileTombstones
from shopkeeper.ports.people import ErasureStore, PersonalPlace, Tombstones

APART = "apart"
"""The folder in a shop's that backups leave alone: who was erased since must be known when one is brought back."""

FILES = {
    "shop.sqlite": "live events, merges, coupons",
    "history": "imported events",
    "inbox": "import files",
    "rejects": "import files",
    "evaluation": "import files",
    "models": "models",
    "checkpoints": "checkpoints",
    "outlooks": "predictions",
    "policies": "campaigns",
    "tagging": "language models",
    APART: "marks of those who were erased, which name nobody",
    "shops": "further shops, each with places of its own",
    "simulated": "a season that was made up, for the guide",
    "worker.lock": "empty",
    "coupons.secret": "a secret",
    "attributes": "settings of the merchant's",
    "predictions": "settings of the merchant's",
    "segments": "settings of the merchant's",
    "scenarios": "settings of the merchant's",
    "privacy.toml": "settings of the merchant's",
    "rules.json": "settings of the merchant's",
    "taxonomy.toml": "settings of the merchant's",
}
"""What is in a shop's folder -> the places that look after it, or why nobody is named there."""


@dataclass(frozen=True, slots=True)
class Personal:
    """What erasing needs."""

    places: Sequence[PersonalPlace] = ()
    """Stores that have something about persons, asked and emptied for one of them."""
    tombstones: Tombstones = field(default_factory=MemoryTombstones)
    erasures: ErasureStore = field(default_factory=MemoryErasures)
    leave_no_trace: Callable[[], None] = lambda: None
    """Of what was removed from the database."""


def personal_in(store: Path, engine: sa.Engine, history: SegmentStore) -> Personal:
    """Return that of the shop in a folder."""
    apart = store / APART
    tombstones = FileTombstones(apart / "tombstones", lambda: secret_in(apart / "tombstones.secret"))
    inbox = store / "inbox"
    places: list[PersonalPlace] = [
        SqlEventPlace(engine),
        HistoryPlace(history),
        SqlMergePlace(engine),
        SqlCouponPlace(engine),
        FilesPlace([inbox / "done", inbox / "refused", store / "rejects", store / "evaluation"]),
    ]
    return Personal(places, tombstones, SqlErasures(engine), partial(leave_no_trace, engine))
