"""Errors that a person reads: each says what is wrong, where, and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class ShopkeeperError(Exception):
    """Base of every expected failure; its text is shown to people as it stands."""


class InvalidInput(ShopkeeperError):
    """Something that was given cannot be used: a value, a file, an option."""


class TooLittle(InvalidInput):
    """There is too little to learn from, so nothing is said."""


class NotFound(ShopkeeperError):
    """Something that was asked for is not there."""


class UnknownName(InvalidInput):
    """A name that is not among the known ones; the text offers the near matches."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        """Say which kind of thing (`"model"`) was asked for by which name."""
        options = sorted(known)
        near = get_close_matches(name, options, n=3, cutoff=0.5)
        advice = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(options) or 'none'}."
        super().__init__(f"There is no {kind} {name!r}; {advice}")


class KeyReused(InvalidInput):
    """A key that stands for one question came with another."""


class StillRunning(ShopkeeperError):
    """The same question is being answered now; a moment later its answer can be had."""


class TooManyFailures(ShopkeeperError):
    """Who asks has failed too often, and is not listened to for a while."""


class NotAllowed(ShopkeeperError):
    """Who asks may ask, but not for this."""


class NotFitted(ShopkeeperError):
    """A model was asked before it was fitted."""


class IncompatibleVersion(ShopkeeperError):
    """Stored data was written by another version, and the text says what to do."""


class NotSigned(ShopkeeperError):
    """A name was given without the word of somebody who may give it."""


class NotForPages(ShopkeeperError):
    """Something was asked with a key that stands in pages, and is for servers only."""


class Unavailable(ShopkeeperError):
    """Something that is needed cannot be had now, such as a service that is silent; later it may."""
