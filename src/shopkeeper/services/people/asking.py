"""The rights of people over HTTP, from the side that asks."""

from urllib.parse import quote

from httpx import AsyncClient

from shopkeeper.services.people.rights import ZIP, EraseRequest, ErasureTold, ExportFile, PersonTold
from shopkeeper.web.errors import answer_of, checked


class RightsClient:
    """The same as `RightsService`, on another machine."""

    def __init__(self, http: AsyncClient) -> None:
        """Use a client whose base_url is that of the service."""
        self._http = http

    async def export(self, shopper_id: str) -> PersonTold:
        """Return all that the shop has about a person, by all their ids; NotAllowed where exports leave sealed."""
        return answer_of(await self._http.get(f"/v1/people/{quote(shopper_id, safe='')}/export"), PersonTold)

    async def export_file(self, shopper_id: str, recipient: str | None = None) -> ExportFile:
        """Return the same as a zip, sealed for a public key of age or for that of the shop; InvalidInput."""
        path = f"/v1/people/{quote(shopper_id, safe='')}/export.zip"
        answer = await self._http.get(path, params={"recipient": recipient} if recipient is not None else None)
        content = checked(answer)
        return ExportFile(content, is_sealed=answer.headers.get("content-type") != ZIP)

    async def correct(self, shopper_id: str, event_id: str) -> None:
        """Remove one event of a person that never happened so; NotFound."""
        path = f"/v1/people/{quote(shopper_id, safe='')}/events/{quote(event_id, safe='')}"
        checked(await self._http.delete(path))

    async def erase(self, shopper_id: str, request: EraseRequest) -> ErasureTold:
        """Count what there is of a person, and have it removed unless that is a dry run."""
        path = f"/v1/people/{quote(shopper_id, safe='')}/erase"
        return answer_of(await self._http.post(path, json=request.model_dump()), ErasureTold)

    async def erasure(self, erasure_id: str) -> ErasureTold:
        """Return what became of an erasure; NotFound."""
        return answer_of(await self._http.get(f"/v1/people/erasures/{quote(erasure_id, safe='')}"), ErasureTold)
