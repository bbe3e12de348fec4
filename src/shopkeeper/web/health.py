"""Whether the process is alive, and whether it can answer."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from shopkeeper.kit.errors import ShopkeeperError
from shopkeeper.web.errors import PROBLEMS, problem


class Health(BaseModel):
    """A healthy answer."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: str
    """alive or ready."""


def create_router(ready: Callable[[], Awaitable[object]]) -> APIRouter:
    """Return the routes; `ready` raises while the shop cannot answer."""
    router = APIRouter(prefix="/health", tags=["health"])

    @router.get("/live")
    async def is_alive() -> Health:
        """Say that the process runs."""
        return Health(status="alive")

    @router.get("/ready", response_model=Health, responses={503: PROBLEMS[503]})
    async def is_ready() -> Health | JSONResponse:
        """Say that recommendations can be given, or why not."""
        try:
            await ready()
        except ShopkeeperError as error:
            return problem(503, str(error))
        return Health(status="ready")

    return router
