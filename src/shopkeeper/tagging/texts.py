"""Product texts made plain: what people see of them, and nothing that only machines read."""

import html
import re
import unicodedata

from shopkeeper.data.catalog import Product

LONGEST = 4_000
"""Characters of a text that are read; what a product is stands at its beginning."""

_RAW = 4
"""Times as many are looked at, since markup falls away."""
# Bidi marks, joiners, soft hyphens, tag characters and the like: all that is there and is not seen, or turns the order.
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4"
    "\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff"
    "\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_CODE = re.compile(r"<(script|style)\b[^>]*>.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(r"<!--.*?(?:-->|$)|</?[a-zA-Z][^<>]*>|<![^<>]*>", re.DOTALL)
_WORD = re.compile(r"[^\W_]+")


def clean(text: str, longest: int = LONGEST) -> str:
    """Return the text as one line in Unicode's form NFKC: no markup, no control or bidi characters, so many at most."""
    text = text[: _RAW * longest]
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _MARKUP.sub(" ", _CODE.sub(" ", text))
    if not text.isascii():
        # Twice: what is put together anew may be what is not wanted.
        text = _UNSEEN.sub("", unicodedata.normalize("NFKC", _UNSEEN.sub("", text)))
    elif not text.isprintable():
        text = _UNSEEN.sub("", text)
    return " ".join(text.split())[:longest]


def words(text: str) -> str:
    """Return the words of a clean text in lower case, a space between; empty where there are only signs."""
    return " ".join(_WORD.findall(text.casefold()))


def product_text(product: Product) -> str:
    """Return what is read of a product: its title, brand and description, not where it was filed before."""
    return "\n".join(filter(None, (product.title, product.brand, product.description)))
