"""What a person may ask for, beside saying what they allow: to see everything, to object, to be erased."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from pydantic import BaseModel, ConfigDict, JsonValue

from shopkeeper.data.erasure import Erasure, Place, State

ZIP = "application/zip"


class PlaceTold(BaseModel):
    """What there is, or was, of a person in one place."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    name: str
    """The place."""
    n: int
    """Rows, files or versions of models that tell of them."""
    state: State
    """waiting: nothing is done yet; erased; pseudonym: kept for the books under a name drawn by chance; later: sums
    without a name that are made anew in time; elsewhere: out of reach of the shop's program."""
    about: str
    """What is done there."""


class EraseRequest(BaseModel):
    """The wish to be forgotten."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    dry_run: bool = True
    """Only count what would be removed; false: have it removed, for ever."""


class ErasureTold(BaseModel):
    """What is, or would be, removed of a person."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    erasure_id: str | None
    """The receipt, by which to ask how far it is; null of a dry run."""
    asked_at: datetime | None = None
    """When it was asked for, in UTC: from then on nothing of theirs is used."""
    done_at: datetime | None = None
    """When every place was emptied, in UTC; null while it waits for the worker."""
    places: list[PlaceTold]
    """Every place where something about persons can be, with what it held when it was asked for."""

    @classmethod
    def of(cls, erasure: Erasure) -> Self:
        """Return an erasure as this."""
        return cls(
            erasure_id=erasure.erasure_id,
            asked_at=erasure.asked_at,
            done_at=erasure.done_at,
            places=places_told(erasure.places),
        )


class PersonTold(BaseModel):
    """All that a shop has about a person."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    shopper_id: str
    """Who was asked about; their other ids are meant too."""
    places: dict[str, list[dict[str, JsonValue]]]
    """By place, what is there; places that have nothing are left out."""


@dataclass(frozen=True, slots=True)
class ExportFile:
    """The same as a zip, which may be sealed."""

    content: bytes
    is_sealed: bool

    @property
    def name(self) -> str:
        """Return a name that tells of nobody."""
        return "person.zip.age" if self.is_sealed else "person.zip"

    @property
    def media_type(self) -> str:
        """Return what it is; sealed files of age have no type of their own."""
        return "application/octet-stream" if self.is_sealed else ZIP


def places_told(places: Sequence[Place]) -> list[PlaceTold]:
    """Return places as they are told."""
    return [PlaceTold.model_validate(place) for place in places]


class Rights(Protocol):
    """The part of the people service that tells and forgets persons."""

    async def export(self, shopper_id: str) -> PersonTold:
        """Return all that the shop has about a person, by all their ids; NotAllowed where exports leave sealed."""

    async def export_file(self, shopper_id: str, recipient: str | None = None) -> ExportFile:
        """Return the same as a zip: one JSON, and a CSV for each place.

        It is sealed for a public key of age, else for that of the shop where it has one; InvalidInput where it is none.
        """

    async def correct(self, shopper_id: str, event_id: str) -> None:
        """Remove one event of a person that never happened so: the right one is sent anew. NotFound."""

    async def erase(self, shopper_id: str, request: EraseRequest) -> ErasureTold:
        """Count what there is of a person, and have it removed unless that is a dry run.

        Whom nobody knows, and who is erased already, gets a receipt as anybody does.
        """

    async def erasure(self, erasure_id: str) -> ErasureTold:
        """Return what became of an erasure; NotFound."""
