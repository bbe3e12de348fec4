"""Do what people may ask for."""

import json

from shopkeeper.kit.errors import NotAllowed
from shopkeeper.ports import OffLoop
from shopkeeper.services.people.erasing import Erasing
from shopkeeper.services.people.packing import Packing
from shopkeeper.services.people.rights import EraseRequest, ErasureTold, ExportFile, PersonTold, places_told


class RightsService:
    """The rights of people over all the places of a shop."""

    def __init__(self, erasing: Erasing, packing: Packing, off_loop: OffLoop) -> None:
        self._erasing, self._packing, self._off_loop = erasing, packing, off_loop

    async def export(self, shopper_id: str) -> PersonTold:
        """Return all that the shop has about a person, by all their ids; NotAllowed where exports leave sealed."""
        if self._packing.recipient is not None:
            raise NotAllowed("Exports leave this shop sealed (SHOPKEEPER_EXPORT_RECIPIENT): ask for export.zip.")
        told = await self._off_loop(lambda: self._erasing.tell(shopper_id))
        return PersonTold(shopper_id=shopper_id, places=json.loads(json.dumps(told, default=str)))

    async def export_file(self, shopper_id: str, recipient: str | None = None) -> ExportFile:
        """Return the same as a zip, sealed for a public key of age or for that of the shop; InvalidInput."""
        return await self._off_loop(lambda: self._packing.file(self._erasing.tell(shopper_id), recipient))

    async def correct(self, shopper_id: str, event_id: str) -> None:
        """Remove one event of a person that never happened so; NotFound."""
        await self._off_loop(lambda: self._erasing.correct(shopper_id, event_id))

    async def erase(self, shopper_id: str, request: EraseRequest) -> ErasureTold:
        """Count what there is of a person, and have it removed unless that is a dry run."""
        if request.dry_run:
            found = await self._off_loop(lambda: self._erasing.look(shopper_id))
            return ErasureTold(erasure_id=None, places=places_told(found))
        return ErasureTold.of(await self._off_loop(lambda: self._erasing.erase(shopper_id)))

    async def erasure(self, erasure_id: str) -> ErasureTold:
        """Return what became of an erasure; NotFound."""
        return ErasureTold.of(await self._off_loop(lambda: self._erasing.erasures.get(erasure_id)))
