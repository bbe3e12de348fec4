"""The predictions service over HTTP."""

from urllib.parse import quote

from httpx import AsyncClient

from shopkeeper.services.predictions.contract import (
    Checked,
    CheckRequest,
    Predicted,
    PredictionsAbout,
    PredictRequest,
    SegmentsAbout,
)
from shopkeeper.web.errors import answer_of
from shopkeeper.web.remote import REPEATABLE


class PredictionsClient:
    """The same as `PredictionsService`, on another machine."""

    def __init__(self, http: AsyncClient) -> None:
        """Use a client whose base_url is that of the service."""
        self._http = http

    async def known(self) -> PredictionsAbout:
        """Return what can be asked, how well that was learned, or why nothing is said."""
        return answer_of(await self._http.get("/v1/predictions"), PredictionsAbout)

    async def predict(self, name: str, request: PredictRequest) -> Predicted:
        """Return what some shoppers will do."""
        path, body = f"/v1/predictions/{quote(name, safe='')}", request.model_dump(mode="json", exclude_none=True)
        return answer_of(await self._http.post(path, json=body, extensions=dict(REPEATABLE)), Predicted)

    async def segments(self) -> SegmentsAbout:
        """Return all segments as they are now, and why nothing can be said of some."""
        return answer_of(await self._http.get("/v1/segments"), SegmentsAbout)

    async def segments_of(self, request: CheckRequest) -> Checked:
        """Return in which segments some shoppers are."""
        body = request.model_dump(mode="json", exclude_none=True)
        return answer_of(await self._http.post("/v1/segments/check", json=body, extensions=dict(REPEATABLE)), Checked)
