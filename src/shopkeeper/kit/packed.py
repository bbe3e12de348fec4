"""Arrays and JSON in one zip: nothing in it runs code when it is read."""

import io
import json
import struct
import zlib
from collections.abc import Mapping
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.errors import InvalidInput

MANIFEST = "manifest.json"
UNREADABLE = (KeyError, TypeError, ValueError, EOFError, OSError, RuntimeError, BadZipFile, struct.error, zlib.error)
"""All that content can make its readers raise that is damaged, or none of ours."""


def packed(manifest: Mapping[str, object], arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Return both as the content of a file; the manifest says of which `format` it is."""
    made = io.BytesIO()
    with ZipFile(made, "w") as file:
        file.writestr(MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False))
        for name, array in arrays.items():
            with file.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)
    return made.getvalue()


def unpacked(content: bytes, of_format: int) -> tuple[str, dict[str, NDArray[np.generic]]]:
    """Return the manifest as JSON, and the arrays; InvalidInput if it is of another format, else one of UNREADABLE."""
    with ZipFile(io.BytesIO(content)) as file:
        manifest = file.read(MANIFEST).decode()
        if (told := json.loads(manifest)["format"]) != of_format:
            raise InvalidInput(f"it is of format {told}, this Shopkeeper reads {of_format}")
        return manifest, {
            entry.removesuffix(".npy"): np.lib.format.read_array(io.BytesIO(file.read(entry)), allow_pickle=False)
            for entry in file.namelist()
            if entry != MANIFEST
        }


def why_not(error: Exception) -> str:
    """Return what is wrong with content that made its reader raise something, as a part of a sentence."""
    return str(error) if isinstance(error, InvalidInput) else f"it is damaged, or none of Shopkeeper's ({error})"
