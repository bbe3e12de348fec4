"""Whether the process is alive, and whether it can answer."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from shopkeeper.kit.errors import ShopkeeperError
from shopkeeper.web.errors import PROBLEMS, problem

Check = Callable[[], Awaitable[object]]
"""Raises while a service cannot answer."""


class Health(BaseModel):
    """A healthy answer."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: str
    """alive or ready."""
    missing: list[str] = []
    """Services that do not answer now, and that this one can do without; left out when there are none."""


def create_router(served: Mapping[str, Check], useful: Mapping[str, Check]) -> APIRouter:
    """Return the routes of a process that serves some services, to which others are useful."""
    router = APIRouter(prefix="/health", tags=["health"])

    @router.get("/live", response_model_exclude_defaults=True)
    async def is_alive() -> Health:
        """Say that the process runs."""
        return Health(status="alive")

    @router.get("/ready", response_model=Health, response_model_exclude_defaults=True, responses={503: PROBLEMS[503]})
    async def is_ready() -> Health | JSONResponse:
        """Say that all that is served here can be answered, or what is missing for it."""
        wrong, missing = await gather(_failures(served), _failures(useful))
        if wrong:
            return problem(503, "not_ready", "; ".join(f"{service}: {why}" for service, why in wrong.items()))
        return Health(status="ready", missing=list(missing))

    return router


async def _failures(checks: Mapping[str, Check]) -> dict[str, str]:
    whys = await gather(*(_failure(check) for check in checks.values()))
    return {service: why for service, why in zip(checks, whys, strict=True) if why}


async def _failure(check: Check) -> str:
    try:
        await check()
    except ShopkeeperError as error:
        return str(error)
    return ""
