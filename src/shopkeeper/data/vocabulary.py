"""Outside ids (any string) to inside ids (contiguous int32) and back."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.errors import InvalidInput


class Vocabulary:
    """An ordered set of outside ids; the place of an id is its inside id."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        """Keep the ids in the order given; a repeated id is an error."""
        self._ids = tuple(ids)
        if len(self._index) != len(self._ids):
            raise InvalidInput("ids of a vocabulary must be distinct")

    @cached_property
    def _index(self) -> dict[str | None, int]:
        return {id_: idx for idx, id_ in enumerate(self._ids)}

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __getitem__(self, idx: int) -> str:
        return self._ids[idx]

    def __contains__(self, id_: object) -> bool:
        return id_ in self._index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self._ids == other._ids

    def __hash__(self) -> int:
        return hash(self._ids)

    def index(self, id_: str) -> int:
        """Return the inside id, or -1 for an unknown one."""
        return self._index.get(id_, -1)

    def indices(self, ids: Sequence[str | None]) -> NDArray[np.int32]:
        """Return the inside ids, shape (len(ids),); -1 stands for an unknown one, or None."""
        return np.fromiter((self._index.get(id_, -1) for id_ in ids), np.int32, len(ids))

    def state(self, prefix: str) -> dict[str, NDArray[np.generic]]:
        """Return the ids as two plain arrays: all UTF-8 bytes, and where each id ends."""
        encoded = [id_.encode() for id_ in self._ids]
        ends = np.cumsum([len(part) for part in encoded], dtype=np.int64)
        return {f"{prefix}_utf8": np.frombuffer(b"".join(encoded), np.uint8), f"{prefix}_ends": ends}

    @classmethod
    def from_state(cls, prefix: str, state: dict[str, NDArray[np.generic]]) -> "Vocabulary":
        """Rebuild what `state` returned."""
        text, ends = state[f"{prefix}_utf8"].tobytes(), state[f"{prefix}_ends"].tolist()
        if text.isascii():  # then bytes and letters have the same places
            letters = text.decode()
            ids = tuple(letters[start:end] for start, end in zip([0, *ends], ends, strict=False))
        else:
            ids = tuple(text[start:end].decode() for start, end in zip([0, *ends], ends, strict=False))
        # That they are distinct was checked before they were saved: a million are in a dictionary only when asked.
        vocabulary = cls()
        vocabulary._ids = ids
        del vocabulary.__dict__["_index"]
        return vocabulary
