"""Fitted models in a folder: arrays as npz, everything else as JSON, nothing that runs code when it is read."""

import io
import json
import os
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from errno import EEXIST, ENOTEMPTY
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from zipfile import BadZipFile, ZipFile

import numpy as np

from shopkeeper import __version__, models
from shopkeeper.data.counts import Privacy
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import State
from shopkeeper.kit.clock import utc_now
from shopkeeper.kit.errors import IncompatibleVersion, InvalidInput, NotFound
from shopkeeper.ports import ModelVersion, SavedModel

FORMAT = 1
"""Of the folder; raise it with any change that an older reader would misread."""

_KEPT = 5
"""Versions kept of each name: the current one, and those before it to go back to."""


_FEW, _NEW = 100, ".new-"
"""How many names are looked for as bytes, and how folders begin that are being written."""
_ABANDONED_S = 3600


class _Pointer:
    """A small file that is replaced as a whole, and read again when it was."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0, 0, ""

    def read(self) -> str | None:
        """Return what it says, None where there is none."""
        try:
            about = self._path.stat()
            if self._read[:2] != (about.st_ino, about.st_mtime_ns):
                self._read = about.st_ino, about.st_mtime_ns, self._path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        return self._read[2]


class FileModelStore:
    """A ModelStore in a folder: `<name>/<version>/{state.npz,manifest.json}`, and `<name>/current` that names one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pointers: dict[str, _Pointer] = {}

    def save(self, model: SavedModel) -> None:
        """Make this the current version of its name; readers see the old or the new one."""
        home = self._folder / model.scorer.name
        home.mkdir(parents=True, exist_ok=True)
        arrays = model.scorer.state() | model.users.state("users") | model.items.state("items")
        packed = io.BytesIO()
        with ZipFile(packed, "w") as file:
            for name, array in arrays.items():
                with file.open(f"{name}.npy", "w") as entry:
                    np.lib.format.write_array(entry, array, allow_pickle=False)
        manifest = {
            "format": FORMAT,
            "written_by": __version__,
            "model": model.scorer.name,
            "config": model.scorer.config.model_dump(mode="json"),
            "version": model.version,
            "fitted_at": model.fitted_at.isoformat(),
            "fingerprint": model.fingerprint,
            "metrics": dict(model.metrics),
            "privacy": _told(model.privacy),
            "n_users": len(model.users),
            "n_items": len(model.items),
            "sha256": sha256(packed.getbuffer()).hexdigest(),
        }
        new = Path(mkdtemp(prefix=_NEW, dir=home))
        try:
            _write(new / "state.npz", packed.getbuffer())
            _write(new / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False).encode())
            _put(new, home / model.version)
        finally:
            rmtree(new, ignore_errors=True)
        _point(home, model.version)
        folders = [path for path in home.iterdir() if path.is_dir()]
        kept = sorted((path for path in folders if not path.name.startswith(_NEW)), key=_written)
        for old in kept[:-_KEPT] + [path for path in folders if _is_abandoned(path)]:
            rmtree(old, ignore_errors=True)

    def load(self, name: str, version: str | None = None) -> SavedModel:
        """Return a version that is kept, else the current one.

        NotFound if there is none, IncompatibleVersion if it cannot be read.
        """
        current = self.current(name)
        if current is None:
            models.find(name)
            raise NotFound(f"{name} has not been fitted; fit it first: shopkeeper fit --model {name}")
        if version is not None:
            self._check_kept(name, version)
        return self._read(name, version or current)

    def _read(self, name: str, version: str) -> SavedModel:
        place = self._folder / name / version
        try:
            manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
            packed = (place / "state.npz").read_bytes()
            if manifest["format"] != FORMAT:
                raise _unreadable(name, f"it was saved in format {manifest['format']}, this Shopkeeper reads {FORMAT}")
            if manifest["sha256"] != sha256(packed).hexdigest():
                raise _unreadable(name, "its file is damaged")
            with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
                state = dict(arrays)
            model = models.create(name, manifest["config"])
            return SavedModel(
                scorer=type(model).from_state(model.config, state),
                users=Vocabulary.from_state("users", state),
                items=Vocabulary.from_state("items", state),
                version=manifest["version"],
                fitted_at=datetime.fromisoformat(manifest["fitted_at"]),
                fingerprint=manifest["fingerprint"],
                metrics=manifest["metrics"],
                privacy=_privacy(manifest),
            )
        except (KeyError, ValueError, BadZipFile, FileNotFoundError, InvalidInput) as error:
            raise _unreadable(name, f"it was saved by another version of Shopkeeper ({error})") from error

    def current(self, name: str) -> str | None:
        """Return the current version of a name, None if there is none: one small file is read when it is another."""
        # The name may come from a request: only that of a model becomes part of a path.
        if name not in models.names():
            return None
        if name not in self._pointers:
            self._pointers[name] = _Pointer(self._folder / name / "current")
        return self._pointers[name].read()

    def names(self) -> list[str]:
        """Return the names that have a current version."""
        return sorted(path.parent.name for path in self._folder.glob("*/current"))

    def versions(self, name: str) -> list[ModelVersion]:
        """Return the versions in the folder of a name, the one fitted last first; unreadable ones are left out."""
        current, found = self.current(name), []
        for file in (self._folder / name).glob("*/manifest.json") if current else ():
            try:
                told = json.loads(file.read_text(encoding="utf-8"))
                fitted_at = datetime.fromisoformat(told["fitted_at"])
                if file.parent.name != told["version"]:
                    continue  # It is being written, or whoever wrote it was killed.
                found.append(
                    ModelVersion(
                        version=told["version"],
                        fitted_at=fitted_at,
                        fingerprint=told["fingerprint"],
                        metrics=told["metrics"],
                        config=told["config"],
                        n_users=told.get("n_users"),
                        n_items=told.get("n_items"),
                        is_current=told["version"] == current,
                        privacy=_privacy(told),
                    )
                )
            except (OSError, KeyError, ValueError):
                continue
        return sorted(found, key=lambda version: version.fitted_at, reverse=True)

    def promote(self, name: str, version: str) -> None:
        """Point to a version that is kept; NotFound if it is not, IncompatibleVersion if it cannot be read."""
        self._check_kept(name, version)
        self._read(name, version)
        _point(self._folder / name, version)

    def people(self, name: str, version: str) -> Vocabulary:
        """Return the users whom a version that is kept was fitted on, and read nothing else of it."""
        return Vocabulary.from_state("users", self._users(name, version))

    def knows(self, name: str, version: str, shopper_ids: Collection[str]) -> bool:
        """Tell whether one of some users is among them."""
        state = self._users(name, version)
        if len(shopper_ids) <= _FEW:  # to look for a few in the bytes is quicker than to make a million names
            text = state["users_utf8"].tobytes()
            shopper_ids = [one for one in shopper_ids if one.encode() in text]
        if not shopper_ids:
            return False
        return not set(shopper_ids).isdisjoint(Vocabulary.from_state("users", state))

    def _users(self, name: str, version: str) -> State:
        # As in `current`; to look through all manifests would take longer than to read the names.
        if name not in models.names() or Path(version).name != version:
            raise NotFound(f"No version {version} of {name} is kept.")
        try:
            with np.load(self._folder / name / version / "state.npz", allow_pickle=False) as arrays:
                return {key: arrays[key] for key in ("users_utf8", "users_ends")}
        except (KeyError, ValueError, BadZipFile, OSError) as error:
            raise _unreadable(name, f"it was saved by another version of Shopkeeper ({error})") from error

    def drop(self, name: str, version: str) -> None:
        """Remove the folder of a version; where it is the current one, nothing is served under the name."""
        self._check_kept(name, version)
        home = self._folder / name
        if self.current(name) == version:
            (home / "current").unlink()
            _sync(home)
        for path in home.iterdir():
            if path.name == version or _is_left_over(path, version):
                rmtree(path, ignore_errors=True)

    def _check_kept(self, name: str, version: str) -> None:
        if version not in {kept.version for kept in self.versions(name)}:
            raise NotFound(f"No version {version} of {name} is kept; see those there are: shopkeeper models list")


def _told(privacy: Privacy | None) -> dict[str, object] | None:
    return privacy.model_dump(mode="json") if privacy else None


def _privacy(manifest: dict[str, object]) -> Privacy | None:
    return Privacy.model_validate(told) if (told := manifest.get("privacy")) else None


def _is_left_over(new: Path, version: str) -> bool:
    """Tell whether a save that was killed left a folder: one of this version, or one that nobody writes any more."""
    try:
        told = json.loads((new / "manifest.json").read_text(encoding="utf-8"))
        return new.name.startswith(_NEW) and bool(told["version"] == version)
    except (OSError, KeyError, ValueError):
        return _is_abandoned(new)


def _is_abandoned(folder: Path) -> bool:
    return folder.name.startswith(_NEW) and utc_now().timestamp() - folder.stat().st_mtime > _ABANDONED_S


def _put(new: Path, place: Path) -> None:
    """Give a folder its name, also where a fit of the same microsecond has it: the last one counts."""
    while True:
        try:
            new.replace(place)
        except OSError as error:
            if error.errno not in (ENOTEMPTY, EEXIST):
                raise
            aside = Path(mkdtemp(prefix=_NEW, dir=place.parent))
            with suppress(FileNotFoundError):
                place.replace(aside)
            rmtree(aside, ignore_errors=True)
        else:
            return


def _unreadable(name: str, why: str) -> IncompatibleVersion:
    return IncompatibleVersion(f"The saved {name} cannot be used: {why}. Refit it: shopkeeper fit --model {name}")


def _point(home: Path, version: str) -> None:
    _write(home / "current.new", version.encode())
    (home / "current.new").replace(home / "current")
    _sync(home)


def _written(path: Path) -> tuple[int, str]:
    return (path.stat().st_mtime_ns, path.name)


def _write(path: Path, content: bytes | memoryview) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
