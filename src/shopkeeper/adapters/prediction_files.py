"""Predictions and segments in files `<name>.toml`; over the predictions of the package are those of a merchant."""

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from shopkeeper.kit.errors import InvalidInput, UnknownName
from shopkeeper.prediction.definition import NAME, Prediction
from shopkeeper.prediction.segments import Segment

M = TypeVar("M", bound=BaseModel)


@lru_cache(256)
def prediction_of(text: str) -> Prediction:
    """Return the prediction that a TOML text describes."""
    return _of(Prediction, text)


@lru_cache(256)
def segment_of(text: str) -> Segment:
    """Return the segment that a TOML text describes."""
    return _of(Segment, text)


def _of(kind: type[M], text: str) -> M:
    try:
        return kind.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(str(error)) from error
    except ValidationError as error:
        problem = error.errors()[0]
        key = f"{problem['loc'][0]}: " if problem["loc"] else ""
        known = f"; known: {', '.join(kind.model_fields)}" if problem["type"] == "extra_forbidden" else ""
        raise InvalidInput(f"{key}{problem['msg'].removeprefix('Value error, ')}{known}") from error


class FilePredictions:
    """All predictions by name; files are read when asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._packaged = {
            entry.name.removesuffix(".toml"): entry.read_text("utf-8")
            for entry in files("shopkeeper").joinpath("prediction", "shipped").iterdir()
        }

    def names(self) -> list[str]:
        """Return the names of all."""
        own = {path.stem for path in self._folder.glob("*.toml") if re.match(NAME, path.stem)}
        return sorted(own | self._packaged.keys())

    def get(self, name: str) -> Prediction:
        """Return one as it is now; UnknownName if there is none, InvalidInput if it cannot be used."""
        if name not in self.names():
            raise UnknownName("prediction", name, self.names())
        own = self._folder / f"{name}.toml"
        try:
            return prediction_of(own.read_text(encoding="utf-8") if own.exists() else self._packaged[name])
        except (InvalidInput, UnicodeDecodeError) as error:
            raise InvalidInput(f"The prediction {name} cannot be used: {error}.") from error


class FileSegments:
    """A merchant's segments by name; files are read when asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Return the names of all."""
        return sorted(path.stem for path in self._folder.glob("*.toml") if re.match(NAME, path.stem))

    def get(self, name: str) -> Segment:
        """Return one as it is now; UnknownName if there is none, InvalidInput if it cannot be used."""
        if name not in self.names():
            raise UnknownName("segment", name, self.names())
        try:
            return segment_of((self._folder / f"{name}.toml").read_text(encoding="utf-8"))
        except (InvalidInput, UnicodeDecodeError) as error:
            raise InvalidInput(f"The segment {name} cannot be used: {error}.") from error
