"""Dictionaries of attributes in files `<name>.toml`; what a merchant's file says is added to that of the package."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from shopkeeper.kit.errors import InvalidInput
from shopkeeper.tagging.dictionary import NAME, Dictionary


class FileDictionaries:
    """All attributes that are told from texts; files are read when asked for."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read a merchant's own from a folder, where there is one."""
        self._folder = folder

    def all(self) -> list[Dictionary]:
        """Return one for each attribute, in order of their names; InvalidInput where one cannot be used."""
        shipped = files("shopkeeper").joinpath("tagging", "shipped").iterdir()
        found = {one.name: one for entry in shipped for one in [_read(entry.name, entry.read_bytes())]}
        for path in sorted(self._folder.glob("*.toml")) if self._folder else ():
            own = _read(path.name, path.read_bytes())
            found[own.name] = _extended(path.name, found[own.name], own) if own.name in found else own
        return [found[name] for name in sorted(found)]


def _extended(file: str, shipped: Dictionary, own: Dictionary) -> Dictionary:
    try:
        return shipped.extended(own)
    except ValidationError as error:
        raise InvalidInput(f"The attributes in {file} cannot be used: {_why(error)}.") from error


def _read(file: str, content: bytes) -> Dictionary:
    """Read one; its name is that of the file unless it says another."""
    try:
        return Dictionary.model_validate({"name": file.removesuffix(".toml")} | tomllib.loads(content.decode()))
    except ValidationError as error:
        raise InvalidInput(f"The attributes in {file} cannot be used: {_why(error)}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The attributes in {file} cannot be used: {error}.") from error


def _why(error: ValidationError) -> str:
    problem = error.errors()[0]
    key = f"{problem['loc'][0]}: " if problem["loc"] else ""
    known = f"; known: {', '.join(Dictionary.model_fields)}" if problem["type"] == "extra_forbidden" else ""
    named = f"; a name is {NAME}" if problem["loc"] == ("name",) and not re.match(NAME, str(problem["input"])) else ""
    return f"{key}{problem['msg'].removeprefix('Value error, ')}{known}{named}"
