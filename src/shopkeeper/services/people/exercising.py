"""Do what people may ask for."""

import json

from shopkeeper.ports import OffLoop
from shopkeeper.services.people.erasing import Erasing
from shopkeeper.services.people.rights import EraseRequest, ErasureTold, PersonTold, places_told


class RightsService:
    """The rights of people over all the places of a shop."""

    def __init__(self, erasing: Erasing, off_loop: OffLoop) -> None:
        self._erasing, self._off_loop = erasing, off_loop

    async def export(self, shopper_id: str) -> PersonTold:
        """Return all that the shop has about a person, by all their ids."""
        told = await self._off_loop(lambda: self._erasing.tell(shopper_id))
        return PersonTold(shopper_id=shopper_id, places=json.loads(json.dumps(told, default=str)))

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
