"""Failures as problem details (RFC 9457), and back."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from httpx import Response
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException

from shopkeeper.kit.errors import (
    IncompatibleVersion,
    InvalidInput,
    KeyReused,
    NotAllowed,
    NotFitted,
    NotForPages,
    NotFound,
    NotSigned,
    ShopkeeperError,
    StillRunning,
    TooLittle,
    TooManyFailures,
    Unavailable,
    UnknownName,
)
from shopkeeper.web.request_id import request_id

M = TypeVar("M", bound=BaseModel)

# The first class that fits decides; what is not here is a failure of the server.
STATUS: Sequence[tuple[type[ShopkeeperError], int, str]] = (
    (UnknownName, 404, "not_found"),
    (NotFound, 404, "not_found"),
    (TooLittle, 503, "too_little"),
    (KeyReused, 422, "key_reused"),
    (InvalidInput, 422, "invalid_input"),
    (StillRunning, 409, "still_running"),
    (TooManyFailures, 429, "too_many_failures"),
    (NotSigned, 403, "user_not_signed"),
    (NotForPages, 403, "not_for_pages"),
    (NotAllowed, 403, "not_allowed"),
    (NotFitted, 503, "not_fitted"),
    (IncompatibleVersion, 503, "incompatible_version"),
    (Unavailable, 503, "unavailable"),
)
_NO_ROUTE = "no_such_route"
"""Not `not_found`: whoever asked another service for it has the wrong address."""
_AGAIN_S = "1"
_CODES = {404: _NO_ROUTE, 413: "too_large"}
_TITLES = {404: "Not found", 413: "Too large", 422: "Invalid input", 503: "Not ready", 500: "Failure"}


class Problem(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    title: str
    """Which kind of failure."""
    status: int
    """The HTTP status."""
    code: str
    """The same word for the same failure, for programs."""
    detail: str
    """What is wrong and what to do, for people."""
    request_id: str
    """The X-Request-Id of the request, for the logs."""


PROBLEMS: dict[int | str, dict[str, object]] = {
    status: {
        "description": _TITLES.get(status) or HTTPStatus(status).phrase,
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    }
    for status in (401, 403, 404, 409, 413, 422, 429, 503)
}


def add_handlers(app: FastAPI) -> None:
    """Answer every expected failure with a problem; its text is the one that people read elsewhere too."""

    @app.exception_handler(ShopkeeperError)
    async def expected(_request: Request, error: ShopkeeperError) -> JSONResponse:
        return problem_of(error)

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> JSONResponse:
        return problem_of_http(error)

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        return problem(422, "invalid_input", faults(error))


def problem_of(error: ShopkeeperError) -> JSONResponse:
    """Return an expected failure as an answer; who may ask again is told how soon."""
    headers = {"Retry-After": _AGAIN_S} if isinstance(error, Unavailable | StillRunning) else None
    return problem(*status_of(error), str(error), headers)


def problem_of_http(error: HTTPException) -> JSONResponse:
    """Return what is wrong with a request as such as an answer."""
    code = _CODES.get(error.status_code) or HTTPStatus(error.status_code).name.lower()
    return problem(error.status_code, code, error.detail, error.headers)


def status_of(error: ShopkeeperError) -> tuple[int, str]:
    """Return the status and the code of an expected failure."""
    fitting = ((status, code) for kind, status, code in STATUS if isinstance(error, kind))
    return next(fitting, (500, "failure"))


def problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a problem as an answer."""
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    body = Problem(title=title, status=status, code=code, detail=detail, request_id=request_id())
    return JSONResponse(body.model_dump(), status, headers, media_type="application/problem+json")


def faults(error: RequestValidationError | ValidationError) -> str:
    """Return each field that cannot be used with what is wrong with it."""
    of_request = isinstance(error, RequestValidationError)
    found = [(one["loc"] if of_request else ("", *one["loc"]), one["msg"]) for one in error.errors()]
    told = [(_place(location), message.removeprefix("Value error, ")) for location, message in found]
    return "; ".join(f"{place}: {message}" if place else message for place, message in told)


def _place(location: Sequence[str | int]) -> str:
    """Return `events[3].at` of ("body", "events", 3, "at"), and `body` where no field is named."""
    path = ""
    for part in location[1:] if any(isinstance(part, str) for part in location[1:]) else location[:1]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def checked(response: Response) -> bytes:
    """Return the body of a good answer; raise what the service raised otherwise, Unavailable if it is none of ours."""
    if response.is_success:
        return response.content
    try:
        told = Problem.model_validate_json(response.content)
    except ValidationError:
        raise _strange(response) from None
    for kind, _, code in STATUS:
        if code == told.code and kind is not UnknownName:
            raise kind(told.detail)
    raise _strange(response)


def answer_of(response: Response, model: type[M]) -> M:
    """Return a good answer as what it should be; raise as `checked` does."""
    try:
        return model.model_validate_json(checked(response))
    except ValidationError:
        raise _strange(response) from None


def _strange(response: Response) -> Unavailable:
    if response.status_code == 401:
        return Unavailable(
            f"{response.request.url} does not know who asks: "
            "SHOPKEEPER_INTERNAL_SECRET must be set, and the same for all processes."
        )
    return Unavailable(
        f"{response.request.url} answered {response.status_code}, and not as a service of this Shopkeeper would: "
        "is its address right, and does it run the same version?"
    )
