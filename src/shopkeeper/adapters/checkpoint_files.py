"""The newest state of a fit in one file, so that a killed one can go on."""

import io
import os
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from shopkeeper.estimator import State


class FileCheckpoints:
    """`Checkpoints` in one npz file, replaced at once: whoever reads it finds the old state or the new one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, state: State) -> None:
        """Replace what was kept."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        with new.open("wb") as file:
            np.savez(file, allow_pickle=False, **state)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)

    def clear(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)

    def load(self) -> State | None:
        """Return what was kept last; None where there is nothing, or nothing readable."""
        try:
            with np.load(io.BytesIO(self._path.read_bytes()), allow_pickle=False) as arrays:
                return dict(arrays)
        except (FileNotFoundError, EOFError, ValueError, BadZipFile):
            return None
