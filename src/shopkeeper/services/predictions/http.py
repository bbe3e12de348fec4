"""The predictions service's routes."""

from fastapi import APIRouter

from shopkeeper.services.predictions.contract import (
    Checked,
    CheckRequest,
    Predicted,
    Predictions,
    PredictionsAbout,
    PredictRequest,
    SegmentsAbout,
)
from shopkeeper.web.errors import PROBLEMS


def create_router(predictions: Predictions) -> APIRouter:
    """Return the routes over any implementation of the service."""
    router = APIRouter(prefix="/v1", tags=["predictions"], responses=PROBLEMS)

    @router.get("/predictions")
    async def list_predictions() -> PredictionsAbout:
        """Return what can be asked, how well that was learned, or why nothing is said."""
        return await predictions.known()

    @router.post("/predictions/{name}")
    async def predict(name: str, request: PredictRequest) -> Predicted:
        """Return what some shoppers will do, from what they had done until now."""
        return await predictions.predict(name, request)

    @router.get("/segments")
    async def list_segments() -> SegmentsAbout:
        """Return all segments as they are now, and why nothing can be said of some."""
        return await predictions.segments()

    @router.post("/segments/check")
    async def check_segments(request: CheckRequest) -> Checked:
        """Return in which segments some shoppers are, by what they had done until now."""
        return await predictions.segments_of(request)

    return router
