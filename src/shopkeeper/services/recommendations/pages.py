"""The next page of a list: a token that holds what was asked and what was shown, so that no server remembers it."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from pydantic import ValidationError

from shopkeeper.kit.errors import InvalidInput
from shopkeeper.services.recommendations.contract import RecommendRequest

LONGEST = 1000
"""Products of all pages of one list."""

_LARGEST = 1_000_000
"""Bytes that a token may unfold to."""


def token(request: RecommendRequest, shown: list[str]) -> str:
    """Return what asks for the page after these products."""
    asked = request.model_dump(mode="json", exclude_defaults=True, exclude={"next"})
    return urlsafe_b64encode(zlib.compress(json.dumps([asked, shown]).encode())).decode()


def of_nobody(request: RecommendRequest) -> RecommendRequest:
    """Return the same wish without the person, whose it was from its first page on."""
    if request.next is None:
        return request.of_nobody()
    first, shown = opened(request)
    return RecommendRequest(n=request.n, next=token(first.of_nobody(), shown))


def opened(request: RecommendRequest) -> tuple[RecommendRequest, list[str]]:
    """Return what was asked first, with this page's n, and what was shown since."""
    if request.next is None:
        return request, []
    try:
        unfolded = zlib.decompressobj().decompress(urlsafe_b64decode(request.next), _LARGEST)
        asked, shown = json.loads(unfolded)
        first = RecommendRequest.model_validate(asked)
        shown = RecommendRequest(exclude=shown).exclude
    except (Error, zlib.error, ValueError, TypeError, RecursionError, ValidationError) as error:
        raise InvalidInput("next is not what an answer gave; give back the whole of it, unchanged.") from error
    return first.model_copy(update={"n": request.n or first.n}), shown
