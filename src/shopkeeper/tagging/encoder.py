"""What turns texts into vectors whose likeness is one of meaning."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

MOST_UNKNOWN = 0.2
"""The share of unknown tokens above which an encoder is left out: it does not know the language."""


class Encoder(Protocol):
    """A language model that was learned elsewhere, in this process or behind an address."""

    @property
    def name(self) -> str:
        """Which one, with its version: vectors of two names are not compared."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector of length 1 for each text, shape (n, d); zeros of an empty text."""

    def unknown_share(self, texts: Sequence[str]) -> float:
        """Return the share of the tokens of all texts that it does not know, 0 to 1; 0 where that cannot be told."""
