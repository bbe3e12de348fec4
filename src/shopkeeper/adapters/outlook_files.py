"""Learned predictions in a folder, a file each: arrays and JSON in a zip, nothing that runs code when it is read."""

import json
import os
from datetime import datetime
from pathlib import Path
from threading import Lock

from shopkeeper import __version__
from shopkeeper.kit.clock import from_us
from shopkeeper.kit.errors import IncompatibleVersion, InvalidInput, NotFitted, TooLittle
from shopkeeper.kit.packed import UNREADABLE, packed, unpacked, why_not
from shopkeeper.ports import SavedOutlook
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.outlook import Outlook

FORMAT = 1
"""Of the file; raise it with any change that an older reader would misread."""

_Stamp = tuple[int, int]


class FileOutlooks:
    """An OutlookStore in a folder: `<name>.zip`, and `<name>.refused` with why there is none, or none newer."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, Lock()
        self._loaded: dict[str, tuple[_Stamp, SavedOutlook]] = {}

    def save(self, saved: SavedOutlook) -> None:
        """Make this what is served of its name."""
        outlook = saved.outlook
        manifest = {
            "format": FORMAT,
            "written_by": __version__,
            "name": saved.name,
            "prediction": saved.prediction.model_dump(mode="json"),
            "version": outlook.version,
            "as_of": from_us(outlook.as_of).isoformat(),
            "fitted_at": saved.fitted_at.isoformat(),
            "fingerprint": saved.fingerprint,
            "metrics": dict(outlook.metrics),
        }
        self._replace(f"{saved.name}.zip", packed(manifest, outlook.forecast.state()))
        (self._folder / f"{saved.name}.refused").unlink(missing_ok=True)

    def refuse(self, name: str, why: str) -> None:
        """Note why nothing could be learned; what was saved before stays."""
        self._replace(f"{name}.refused", why.encode())

    def load(self, name: str, prediction: Prediction) -> SavedOutlook:
        """Return what was learned of a prediction that is defined so, quickly where it was asked for before."""
        path = self._folder / f"{name}.zip"
        with self._lock:
            try:
                stat = path.stat()
            except FileNotFoundError:
                raise self._missing(name) from None
            stamp = (stat.st_mtime_ns, stat.st_ino)
            if name not in self._loaded or self._loaded[name][0] != stamp:
                self._loaded[name] = (stamp, _read(name, path))
            saved = self._loaded[name][1]
        if _what_counts(saved.prediction) != _what_counts(prediction):
            raise NotFitted(f"{name} was defined otherwise when it was fitted: {_again(name)}")
        return saved

    def _missing(self, name: str) -> NotFitted | TooLittle:
        try:
            return TooLittle(f"{name}: {(self._folder / f'{name}.refused').read_text(encoding='utf-8')}")
        except FileNotFoundError:
            return NotFitted(f"{name} has not been fitted yet: {_again(name)}")

    def _replace(self, name: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        new = self._folder / f"{name}.new"
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._folder / name)


def _read(name: str, path: Path) -> SavedOutlook:
    try:
        told, state = unpacked(path.read_bytes(), FORMAT)
        manifest = json.loads(told)
        prediction = Prediction.model_validate(manifest["prediction"])
        outlook = Outlook.from_state(
            prediction,
            state,
            version=manifest["version"],
            as_of=datetime.fromisoformat(manifest["as_of"]),
            metrics=manifest["metrics"],
        )
        fitted_at = datetime.fromisoformat(manifest["fitted_at"])
        return SavedOutlook(name, prediction, outlook, fitted_at, manifest["fingerprint"])
    except (InvalidInput, *UNREADABLE) as error:
        raise IncompatibleVersion(f"{path} cannot be used: {why_not(error)}. Fit it again: {_again(name)}") from error


def _again(name: str) -> str:
    return f"shopkeeper fit --prediction {name}"


def _what_counts(prediction: Prediction) -> dict[str, object]:
    return prediction.model_dump(exclude={"about", "not_for"})
