"""The models service over HTTP."""

from urllib.parse import quote

from httpx import AsyncClient

from shopkeeper.services.models.contract import (
    Embeddings,
    EmbedRequest,
    FittedModel,
    FittedModels,
    ScoreRequest,
    Scores,
)
from shopkeeper.web.errors import answer_of
from shopkeeper.web.remote import REPEATABLE


class ModelsClient:
    """The same as `ModelsService`, on another machine."""

    def __init__(self, http: AsyncClient) -> None:
        """Use a client whose base_url is that of the service."""
        self._http = http

    async def fitted(self) -> FittedModels:
        """Return all models that were fitted, with the versions that are kept."""
        return answer_of(await self._http.get("/v1/models"), FittedModels)

    async def get(self, name: str) -> FittedModel:
        """Return one model; NotFound when it was not fitted."""
        return answer_of(await self._http.get(_path(name)), FittedModel)

    async def score(self, name: str, request: ScoreRequest) -> Scores:
        """Score products for histories; NotFound for a model or version that is not there."""
        body = request.model_dump(mode="json", exclude_none=True)
        answer = await self._http.post(f"{_path(name)}/score", json=body, extensions=dict(REPEATABLE))
        return answer_of(answer, Scores)

    async def embed(self, name: str, request: EmbedRequest) -> Embeddings:
        """Return vectors of histories and products; InvalidInput for a model that has none."""
        body = request.model_dump(mode="json", exclude_none=True)
        answer = await self._http.post(f"{_path(name)}/embed", json=body, extensions=dict(REPEATABLE))
        return answer_of(answer, Embeddings)


def _path(name: str) -> str:
    return f"/v1/models/{quote(name, safe='')}"
