"""Scenarios and rules in files that a merchant may edit while the shop is open."""

import json
import logging
import os
import re
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from shopkeeper import models
from shopkeeper.kit.errors import InvalidInput, UnknownName
from shopkeeper.ranking.rules import Rule
from shopkeeper.ranking.scenario import MODEL, NAME, NEW, RECENT, Scenario

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_RULES = TypeAdapter(dict[str, Rule])


class _Watched(Generic[T]):
    """What a file says, read again when it changed; while it cannot be read, what it said before."""

    def __init__(self, path: Path, read: Callable[[str], T], missing: T) -> None:
        self._path, self._read, self._missing = path, read, missing
        self._stamp: tuple[int, int, int] | None = None
        self.value = missing
        self.problem: str | None = None

    def current(self) -> T:
        """Return what is said now."""
        try:
            about = self._path.stat()
            stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
        except FileNotFoundError:
            self._stamp, self.value, self.problem = None, self._missing, None
            return self.value
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self.value, self.problem = self._read(self._path.read_text(encoding="utf-8")), None
            except (InvalidInput, OSError, UnicodeDecodeError) as error:
                self.problem = f"{self._path.name}: {error}"
                _LOG.warning("%s; what it said before goes on", self.problem)
        return self.value


def scenario_of(text: str) -> Scenario:
    """Return the scenario that a TOML text describes; what is wrong is said with its line."""
    try:
        scenario = Scenario.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(str(error)) from error
    except ValidationError as error:
        problem = error.errors()[0]
        key = str(problem["loc"][0]) if problem["loc"] else ""
        known = f"; known: {', '.join(Scenario.model_fields)}" if problem["type"] == "extra_forbidden" else ""
        why = problem["msg"].removeprefix("Value error, ")
        raise InvalidInput(f"line {_line(text, key)}: {key}: {why}{known}") from error
    known_sources = {MODEL, RECENT, NEW, *models.names()}
    for source in scenario.sources:
        if source not in known_sources:
            raise InvalidInput(f"line {_line(text, 'sources')}: {UnknownName('source', source, known_sources)}")
    return scenario


def _line(text: str, key: str) -> int:
    begins = re.compile(rf"\s*{re.escape(key)}\s*=")
    return next((n for n, line in enumerate(text.splitlines(), 1) if begins.match(line)), 1)


class FileScenarios:
    """A ScenarioStore: those of the package, and over them those of a folder, `<name>.toml`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        packaged = files("shopkeeper").joinpath("scenarios").iterdir()
        self._packaged = {entry.name.removesuffix(".toml"): scenario_of(entry.read_text("utf-8")) for entry in packaged}
        self._watched: dict[str, _Watched[Scenario | None]] = {}

    def names(self) -> list[str]:
        """Return the names of all scenarios."""
        own = {path.stem for path in self._folder.glob("*.toml") if re.match(NAME, path.stem)}
        return sorted(own | self._packaged.keys())

    def get(self, name: str) -> Scenario:
        """Return a scenario as it is now; UnknownName if there is none, InvalidInput if it never could be read."""
        watched = self._watch(name)
        if found := watched.current():
            return found
        if watched.problem:
            raise InvalidInput(f"The scenario {name} cannot be used: {watched.problem}.")
        raise UnknownName("scenario", name, self.names())

    def problem(self, name: str) -> str | None:
        """Return why the file of a scenario is not what is used, if that is so."""
        watched = self._watch(name)
        watched.current()
        return watched.problem

    def _watch(self, name: str) -> "_Watched[Scenario | None]":
        if name not in self._watched:
            if not re.match(NAME, name) or name not in self.names():
                raise UnknownName("scenario", name, self.names())
            path, packaged = self._folder / f"{name}.toml", self._packaged.get(name)
            self._watched[name] = _Watched(path, scenario_of, packaged)
        return self._watched[name]


def _rules_of(text: str) -> dict[str, Rule]:
    try:
        return _RULES.validate_json(text)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise InvalidInput(f"{where}: {problem['msg']}") from error


class FileRules:
    """A RuleStore in one JSON file, which is replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        self._watched: _Watched[dict[str, Rule]] = _Watched(path, _rules_of, {})

    def all(self) -> dict[str, Rule]:
        """Return all rules by name, in the order in which they were added."""
        return self._watched.current()

    def put(self, name: str, rule: Rule) -> None:
        """Add or replace a rule."""
        with self._lock:
            self._write(self._readable() | {name: rule})

    def remove(self, name: str) -> bool:
        """Remove a rule; return whether there was one."""
        with self._lock:
            rules = self._readable()
            if name in rules:
                self._write({other: rule for other, rule in rules.items() if other != name})
            return name in rules

    def _readable(self) -> dict[str, Rule]:
        rules = self.all()
        if self._watched.problem:
            raise InvalidInput(f"{self._watched.problem}. Mend or remove the file first: nothing was changed.")
        return rules

    def _write(self, rules: dict[str, Rule]) -> None:
        told = {
            name: rule.model_dump(mode="json", by_alias=True, exclude_defaults=True) for name, rule in rules.items()
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_name(f"{self._path.name}.new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(told, file, indent=1, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
