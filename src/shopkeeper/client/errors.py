"""Why a call brought no answer, and whether it may bring one later."""

from typing import Self

import httpx
from pydantic import BaseModel, ValidationError

from shopkeeper.kit.errors import ShopkeeperError

_PASSING = (409, 429, 502, 503, 504)
_LASTING = ("not_fitted", "incompatible_version", "too_many_failures")
"""What a second does not change."""


class ClientError(ShopkeeperError):
    """Base of what a call can fail with."""

    passing = False
    """Whether the same call may succeed in a moment."""
    retry_after_s: float | None = None
    """Seconds that the server asks to wait."""


class NoAnswer(ClientError):
    """Nobody answered in time: no connection, a lost one, or silence."""

    passing = True

    @classmethod
    def of(cls, url: httpx.URL, error: Exception) -> Self:
        """Say who was asked, and what became of it."""
        return cls(f"{url} does not answer: {str(error) or type(error).__name__}")


class ApiError(ClientError):
    """The server says no: `status`, `code` for programs, `detail` for people, `request_id` for its logs."""

    def __init__(
        self, status: int, code: str, detail: str, request_id: str, retry_after_s: float | None = None
    ) -> None:
        """Take what the problem details (RFC 9457) say."""
        super().__init__(f"{detail} ({status} {code}, request {request_id or 'unknown'})")
        self.status, self.code, self.detail, self.request_id = status, code, detail, request_id
        self.retry_after_s = retry_after_s
        self.passing = status in _PASSING and code not in _LASTING

    @property
    def about_the_body(self) -> bool:
        """Whether it is what was sent that cannot be used, whoever sends it and whenever."""
        return self.status in (400, 413, 422)


class _Problem(BaseModel):
    code: str
    detail: str
    request_id: str = ""


def error_of(response: httpx.Response) -> ApiError:
    """Return a bad answer as an error; one that is not Shopkeeper's, such as a proxy's, is told apart by its code."""
    wait_s = _seconds(response.headers.get("retry-after", ""))
    try:
        told = _Problem.model_validate_json(response.content)
    except ValidationError:
        return strange(response, wait_s)
    return ApiError(response.status_code, told.code, told.detail, told.request_id, wait_s)


def strange(response: httpx.Response, retry_after_s: float | None = None) -> ApiError:
    """Return the error of an answer that Shopkeeper would not give."""
    status = response.status_code
    detail = f"{response.request.url} answered {status}, and not as Shopkeeper would: is the address right?"
    return ApiError(status, "unexpected_answer", detail, response.headers.get("x-request-id", ""), retry_after_s)


def _seconds(header: str) -> float | None:
    """Return the seconds of a Retry-After, an hour at most; a date there is not followed, since clocks differ."""
    return min(float(header), 3600.0) if header.isdecimal() else None
