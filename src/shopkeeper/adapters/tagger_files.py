"""Fitted taggers in a folder, in one file: arrays and JSON in a zip, nothing that runs code when it is read."""

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

from shopkeeper import __version__
from shopkeeper.estimator import State
from shopkeeper.kit.errors import IncompatibleVersion, InvalidInput, NotFitted
from shopkeeper.kit.packed import MANIFEST, UNREADABLE, packed, unpacked, why_not
from shopkeeper.ports import Dictionaries, SavedTaggers
from shopkeeper.tagging.attribute_tagger import AttributeTagger
from shopkeeper.tagging.category import CategoryTagger, CategoryTaggerConfig
from shopkeeper.tagging.encoder import Encoder

FORMAT = 1
"""Of the file; raise it with any change that an older reader would misread."""
AGAIN = "shopkeeper tags fit"

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
        category = saved.category
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
        arrays = {f"{whose}/{name}": array for whose, state in states.items() for name, array in state.items()}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        with new.open("wb") as out:
            out.write(packed(manifest, arrays))
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
                    self._known = stamp, str(json.loads(file.read(MANIFEST))["version"])
            except UNREADABLE as error:
                raise self._unusable(why_not(error)) from error
        return self._known[1]

    def load(self) -> SavedTaggers:
        """Return them anew; NotFitted where nothing was, IncompatibleVersion where they cannot be read."""
        if not self._path.exists():
            raise NotFitted(f"No tagger has been fitted yet: {AGAIN}")
        try:
            told, arrays = unpacked(self._path.read_bytes(), FORMAT)
            manifest = json.loads(told)
            config = manifest["category"]
            return SavedTaggers(
                None if config is None else self._category(config, manifest["encoder"], _of(arrays, "category/")),
                AttributeTagger.from_state(self._dictionaries.all(), _of(arrays, "attributes/")),
                manifest["version"],
                datetime.fromisoformat(manifest["fitted_at"]),
                manifest["fingerprint"],
                manifest["reviews_read"],
                manifest["metrics"],
            )
        except (InvalidInput, *UNREADABLE) as error:
            raise self._unusable(why_not(error)) from error

    def _category(self, config: object, encoder: str | None, state: State) -> CategoryTagger:
        given = self._encoder(encoder) if self._encoder and encoder else None
        return CategoryTagger.from_state(CategoryTaggerConfig.model_validate(config), state, given)

    def _unusable(self, why: str) -> IncompatibleVersion:
        return IncompatibleVersion(f"{self._path} cannot be used: {why}. Fit it again: {AGAIN}")


def _of(arrays: State, whose: str) -> State:
    return {name.removeprefix(whose): array for name, array in arrays.items() if name.startswith(whose)}
