"""The predictions service's routes."""

from fastapi import APIRouter

from shopkeeper.services.predictions.contract import Predicted, Predictions, PredictionsAbout, PredictRequest
from shopkeeper.web.errors import PROBLEMS


def create_router(predictions: Predictions) -> APIRouter:
    """Return the routes over any implementation of the service."""
    router = APIRouter(prefix="/v1/predictions", tags=["predictions"], responses=PROBLEMS)

    @router.get("")
    async def list_predictions() -> PredictionsAbout:
        """Return what can be asked, how well that was learned, or why nothing is said."""
        return await predictions.known()

    @router.post("/{name}")
    async def predict(name: str, request: PredictRequest) -> Predicted:
        """Return what some shoppers will do, from what they had done until now."""
        return await predictions.predict(name, request)

    return router
