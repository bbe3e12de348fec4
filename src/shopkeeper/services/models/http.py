"""The models service's routes."""

from fastapi import APIRouter

from shopkeeper.services.models.contract import (
    Embeddings,
    EmbedRequest,
    FittedModel,
    FittedModels,
    Models,
    ScoreRequest,
    Scores,
)
from shopkeeper.web.errors import PROBLEMS


def create_router(models: Models) -> APIRouter:
    """Return the routes over any implementation of the service."""
    router = APIRouter(prefix="/v1/models", tags=["models"], responses=PROBLEMS)

    @router.get("")
    async def list_models() -> FittedModels:
        """Return all models that were fitted, with the versions that are kept."""
        return await models.fitted()

    @router.get("/{name}")
    async def get_model(name: str) -> FittedModel:
        """Return one model, with the versions that are kept."""
        return await models.get(name)

    @router.post("/{name}/score")
    async def score_products(name: str, request: ScoreRequest) -> Scores:
        """Score products for histories: the best ones, or those that are named."""
        return await models.score(name, request)

    @router.post("/{name}/embed")
    async def embed(name: str, request: EmbedRequest) -> Embeddings:
        """Return the vectors of histories and products, of a model that has vectors."""
        return await models.embed(name, request)

    return router
