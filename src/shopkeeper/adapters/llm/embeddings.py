"""Vectors of texts from any OpenAI-compatible `/embeddings`, as an encoder of the tagger."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shopkeeper.adapters.llm.endpoint import Endpoint
from shopkeeper.kit.errors import InvalidInput

_AT_ONCE = 64


class AddressEncoder:
    """Asks an address for vectors, some dozen texts at a time."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @property
    def name(self) -> str:
        """Which model, and where: vectors of two names are not compared."""
        return f"{self._endpoint.model} at {self._endpoint.place}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector of length 1 for each text, shape (n, d); zeros of an empty text. Unavailable if none come."""
        told = [place for place, text in enumerate(texts) if text.strip()]
        parts = [told[first : first + _AT_ONCE] for first in range(0, len(told), _AT_ONCE)]
        found = [self._endpoint.embed([texts[place] for place in part]) for part in parts]
        widths = {part.shape[1] for part in found}
        if len(widths) > 1:
            raise InvalidInput(f"{self.name} answers with vectors of several lengths: {sorted(widths)}.")
        vectors = np.zeros((len(texts), widths.pop() if widths else 0), np.float32)
        if found:
            vectors[told] = np.concatenate(found)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        units: NDArray[np.float32] = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
        return units

    def unknown_share(self, texts: Sequence[str]) -> float:
        """Return 0: what a model elsewhere does not know cannot be told."""
        return 0.0
