"""What a shop asks its customers, in a file `privacy.toml` that may be edited while the shop is open."""

import logging
import tomllib
from pathlib import Path

from pydantic import ValidationError

from shopkeeper.data.consent import STRICTEST, Privacy
from shopkeeper.kit.errors import InvalidInput

_log = logging.getLogger(__name__)


def privacy_of(text: str) -> Privacy:
    """Return what a TOML text says; InvalidInput tells what is wrong with it."""
    try:
        return Privacy.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(str(error)) from error
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"] if part != "[key]")
        raise InvalidInput(f"{where}: {problem['msg']}") from error


class FilePrivacy:
    """A PrivacyTerms in a file; without it nobody is asked, and while it cannot be read, nothing is allowed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._read = Privacy()
        self._problem: str | None = None

    def get(self) -> Privacy:
        """Return what it says now."""
        try:
            about = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._read, self._problem = None, Privacy(), None
            return self._read
        stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
        if stamp != self._stamp:
            self._read, self._problem, self._stamp = *self._tried(), stamp
        return self._read

    def problem(self) -> str | None:
        """Return why it cannot be read, if that is so."""
        self.get()
        return self._problem

    def _tried(self) -> tuple[Privacy, str | None]:
        try:
            return privacy_of(self._path.read_text(encoding="utf-8")), None
        except (InvalidInput, OSError, UnicodeDecodeError) as error:
            problem = f"{self._path.name}: {error}"
            _log.warning("%s; until that is put right, nothing is done with what people did", problem)
            return STRICTEST, problem
