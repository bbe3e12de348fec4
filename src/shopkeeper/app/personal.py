"""The stores of a shop that know who was erased, and those that have something about persons."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from secrets import token_bytes

import sqlalchemy as sa

from shopkeeper.adapters.files import SegmentStore
from shopkeeper.adapters.files.erasing import FilesPlace, HistoryPlace
from shopkeeper.adapters.memory_erasures import MemoryErasures, MemoryTombstones
from shopkeeper.adapters.pseudonyms import Pseudonyms
from shopkeeper.adapters.secret_file import secret_in
from shopkeeper.adapters.sql import (
    SqlCouponPlace,
    SqlErasures,
    SqlEventPlace,
    SqlQuarantinePlace,
    leave_no_trace,
    merge_place,
    said_places,
)
from shopkeeper.adapters.tombstone_file import FileTombstones
from shopkeeper.ports.people import ErasureStore, EventPlace, PersonalPlace, Tombstones

APART = "apart"
"""The folder in a shop's that backups leave alone: who was erased since must be known when one is brought back."""

FILES = {
    "shop.sqlite": "live events, merges, consents, preferences, coupons",
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
    events: Sequence[EventPlace] = ()
    """Those of them that hold events."""
    expire_files: Callable[[datetime], int] = lambda _: 0
    """Remove imported files from before a time."""
    tombstones: Tombstones = field(default_factory=MemoryTombstones)
    erasures: ErasureStore = field(default_factory=MemoryErasures)
    pseudonyms: Pseudonyms = field(default_factory=lambda: Pseudonyms(Path(), partial(bytes, token_bytes(32))))
    """Of persons in what leaves the house."""
    leave_no_trace: Callable[[], None] = lambda: None
    """Of what was removed from the database."""


def personal_in(store: Path, engine: sa.Engine, history: SegmentStore) -> Personal:
    """Return that of the shop in a folder."""
    apart = store / APART
    tombstones = FileTombstones(apart / "tombstones", lambda: secret_in(apart / "tombstones.secret"))
    inbox = store / "inbox"
    secret = apart / "pseudonyms.secret"
    live, imported = SqlEventPlace(engine), HistoryPlace(history)
    files = FilesPlace([inbox / "done", inbox / "refused", store / "rejects", store / "evaluation"])
    return Personal(
        places=[
            live,
            imported,
            merge_place(engine),
            *said_places(engine),
            SqlQuarantinePlace(engine),
            SqlCouponPlace(engine),
            files,
        ],
        events=[live, imported],
        expire_files=files.expire_files,
        tombstones=tombstones,
        erasures=SqlErasures(engine),
        pseudonyms=Pseudonyms(secret, lambda: secret_in(secret)),
        leave_no_trace=partial(leave_no_trace, engine),
    )
