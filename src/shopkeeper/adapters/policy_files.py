"""What was learned of campaigns in a folder, a file each: arrays and JSON in a zip, nothing that runs code."""

import json
import os
from datetime import datetime
from pathlib import Path
from threading import Lock

from shopkeeper import __version__
from shopkeeper.coupons.policy import Policy
from shopkeeper.kit.errors import IncompatibleVersion, InvalidInput, NotFitted, TooLittle
from shopkeeper.kit.packed import UNREADABLE, packed, unpacked, why_not
from shopkeeper.prediction.features import NAMES

FORMAT = 1
"""Of the file; raise it with any change that an older reader would misread."""


class FilePolicies:
    """A PolicyStore in a folder: `<campaign>.zip`, and `<campaign>.refused` with why there is none, or none newer.

    What a campaign earned is in `<campaign>.earned.json`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, Lock()
        self._loaded: dict[str, tuple[tuple[int, int], Policy]] = {}

    def save(self, campaign_id: str, policy: Policy) -> None:
        """Make this what decides in a campaign."""
        manifest = {
            "format": FORMAT,
            "written_by": __version__,
            "campaign_id": campaign_id,
            "version": policy.version,
            "as_of": policy.as_of.isoformat(),
            "learned_at": policy.learned_at.isoformat(),
            "moved_at": policy.moved_at and policy.moved_at.isoformat(),
            "people": policy.people,
            "offers": policy.uplift.why(),
        }
        self._replace(f"{campaign_id}.zip", packed(manifest, policy.state()))
        (self._folder / f"{campaign_id}.refused").unlink(missing_ok=True)

    def refuse(self, campaign_id: str, why: str) -> None:
        """Note why nothing could be learned; what was saved before stays."""
        self._replace(f"{campaign_id}.refused", why.encode())

    def load(self, campaign_id: str) -> Policy:
        """Return what decides in a campaign, quickly where it was asked for before."""
        path = self._folder / f"{campaign_id}.zip"
        with self._lock:
            try:
                stat = path.stat()
            except FileNotFoundError:
                raise self._missing(campaign_id) from None
            stamp = (stat.st_mtime_ns, stat.st_ino)
            if campaign_id not in self._loaded or self._loaded[campaign_id][0] != stamp:
                self._loaded[campaign_id] = (stamp, _read(campaign_id, path))
            return self._loaded[campaign_id][1]

    def tell(self, campaign_id: str, earned: str) -> None:
        """Keep what a campaign earned."""
        self._replace(f"{campaign_id}.earned.json", earned.encode())

    def told(self, campaign_id: str) -> str | None:
        """Return what was kept last."""
        try:
            return (self._folder / f"{campaign_id}.earned.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def _missing(self, campaign_id: str) -> NotFitted | TooLittle:
        try:
            return TooLittle((self._folder / f"{campaign_id}.refused").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return NotFitted(f"Nothing was learned of {campaign_id} yet: {_again(campaign_id)}")

    def _replace(self, name: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        new = self._folder / f"{name}.new"
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._folder / name)


def _read(campaign_id: str, path: Path) -> Policy:
    try:
        manifest, state = unpacked(path.read_bytes(), FORMAT)
        told = json.loads(manifest)
        return Policy.from_state(
            state,
            version=told["version"],
            as_of=datetime.fromisoformat(told["as_of"]),
            learned_at=datetime.fromisoformat(told["learned_at"]),
            moved_at=datetime.fromisoformat(told["moved_at"]) if told["moved_at"] else None,
            people=told["people"],
            features=NAMES,
        )
    except (InvalidInput, *UNREADABLE) as error:
        raise IncompatibleVersion(
            f"{path} cannot be used: {why_not(error)}. Learn it again: {_again(campaign_id)}"
        ) from error


def _again(campaign_id: str) -> str:
    return f"shopkeeper coupons learn {campaign_id}"
