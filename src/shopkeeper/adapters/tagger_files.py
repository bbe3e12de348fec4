"""Fitted taggers in a folder, in one file: arrays and JSON in a zip, nothing that runs code when it is read."""

import io
import json
import os
import struct
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np

from shopkeeper import __version__
from shopkeeper.estimator import State
from shopkeeper.kit.errors import IncompatibleVersion, InvalidInput, NotFitted
from shopkeeper.ports import Dictionaries, SavedTaggers
from shopkeeper.tagging.attribute_tagger import AttributeTagger
from shopkeeper.tagging.category import CategoryTagger, CategoryTaggerConfig
from shopkeeper.tagging.encoder import Encoder

FORMAT = 1
"""Of the file; raise it with any change that an older reader would misread."""
AGAIN = "shopkeeper tags fit"

_MANIFEST = "manifest.json"
# All that a file can make its readers raise that is damaged, or none of ours.
_UNREADABLE = (KeyError, TypeError, ValueError, EOFError, OSError, RuntimeError, BadZipFile, struct.error, zlib.error)
_Stamp = tuple[int, int]


class FileTaggers:
    """A TaggerStore in a folder: `taggers.zip`."""

    def __init__(
        self, folder: Path, dictionaries: Dictionaries, encoder: Callable[[str], Encoder] | None = None
    ) -> None:
        """Attributes are told by the dictionaries as they are now; an encoder of a name is asked for when it is met."""
        self._path, self._dictionaries, self._encoder = folder / "taggers.zip", dictionaries, encoder
        self._known: tuple[_Stamp, str] | None = None

    def save(self, saved: SavedTaggers) -> None:
        """Make these what is used."""
        category, packed = saved.category, io.BytesIO()
        encoder = category.features_.encoder.name if category and category.features_.encoder else None
        manifest = {
            "format": FORMAT,
            "written_by": __version__,
            "version": saved.version,
            "fitted_at": saved.fitted_at.isoformat(),
            "fingerprint": saved.fingerprint,
            "reviews_read": saved.reviews_read,
            "metrics": dict(saved.metrics),
            "category": category.config.model_dump(mode="json") if category else None,
            "encoder": encoder,
        }
        states = {"attributes": saved.attributes.state()} | ({"category": category.state()} if category else {})
        with ZipFile(packed, "w") as file:
            file.writestr(_MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False))
            for whose, state in states.items():
                for name, array in state.items():
                    with file.open(f"{whose}/{name}.npy", "w", force_zip64=True) as entry:
                        np.lib.format.write_array(entry, array, allow_pickle=False)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        with new.open("wb") as out:
            out.write(packed.getbuffer())
            out.flush()
            os.fsync(out.fileno())
        new.replace(self._path)

    def current(self) -> str | None:
        """Return the version that is used, cheaply; None if nothing was fitted."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return None
        stamp = (stat.st_mtime_ns, stat.st_ino)
        if self._known is None or self._known[0] != stamp:
            try:
                with ZipFile(self._path) as file:
                    self._known = stamp, str(json.loads(file.read(_MANIFEST))["version"])
            except _UNREADABLE as error:
                raise self._unusable(f"it is damaged, or none of Shopkeeper's ({error})") from error
        return self._known[1]

    def load(self) -> SavedTaggers:
        """Return them anew; NotFitted where nothing was, IncompatibleVersion where they cannot be read."""
        if not self._path.exists():
            raise NotFitted(f"No tagger has been fitted yet: {AGAIN}")
        try:
            with ZipFile(io.BytesIO(self._path.read_bytes())) as file:
                manifest = json.loads(file.read(_MANIFEST))
                if manifest["format"] != FORMAT:
                    raise InvalidInput(f"it is of format {manifest['format']}, this Shopkeeper reads {FORMAT}")
                config = manifest["category"]
                return SavedTaggers(
                    None if config is None else self._category(config, manifest["encoder"], _state(file, "category/")),
                    AttributeTagger.from_state(self._dictionaries.all(), _state(file, "attributes/")),
                    manifest["version"],
                    datetime.fromisoformat(manifest["fitted_at"]),
                    manifest["fingerprint"],
                    manifest["reviews_read"],
                    manifest["metrics"],
                )
        except (InvalidInput, *_UNREADABLE) as error:
            why = str(error) if isinstance(error, InvalidInput) else f"it is damaged, or none of Shopkeeper's ({error})"
            raise self._unusable(why) from error

    def _category(self, config: object, encoder: str | None, state: State) -> CategoryTagger:
        given = self._encoder(encoder) if self._encoder and encoder else None
        return CategoryTagger.from_state(CategoryTaggerConfig.model_validate(config), state, given)

    def _unusable(self, why: str) -> IncompatibleVersion:
        return IncompatibleVersion(f"{self._path} cannot be used: {why}. Fit it again: {AGAIN}")


def _state(file: ZipFile, whose: str) -> State:
    return {
        entry.removeprefix(whose).removesuffix(".npy"): np.lib.format.read_array(
            io.BytesIO(file.read(entry)), allow_pickle=False
        )
        for entry in file.namelist()
        if entry.startswith(whose)
    }
