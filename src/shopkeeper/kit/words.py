"""Which words a short text holds, as bits: little to keep, and the same wherever it is made."""

import re
from unicodedata import normalize
from zlib import crc32

GROUPS = 16
"""Into which words are put by their hash."""

_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_RUNS = re.compile(f"([{_UNSPACED}]+)|((?:(?![{_UNSPACED}])[^\\W_])+)")


def words_of(text: str) -> set[str]:
    """Return the words of a text, whatever their case and width; of writing without spaces, each two characters."""
    found = set[str]()
    for unspaced, word in _RUNS.findall(normalize("NFKC", text).casefold()):
        pairs = (unspaced[place : place + 2] for place in range(max(len(unspaced) - 1, 1)))
        found.update((word,) if word else pairs)
    return found


def word_bits(text: str | None) -> int:
    """Return which groups the words of a text are in, a bit for each; 0 for no text."""
    bits = 0
    for word in words_of(text or ""):
        bits |= 1 << crc32(word.encode()) % GROUPS
    return bits
